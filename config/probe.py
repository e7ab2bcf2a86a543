"""Asks the product on this machine for one of its health addresses; exit code 0 means well."""

import http.client
import sys

from config import env


def main(path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", env.read().port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(body.strip())  # noqa: T201
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

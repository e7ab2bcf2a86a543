import sys

from config.embedded.supervisor import main

sys.exit(main(sys.argv[1:]))

"""Keys and locks in the data folder."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from config.embedded import data_folder, locations
from config.embedded.problems import StartError
from config.embedded.secrets import KeyFolder


def test_keys_are_made_once_long_different_and_for_the_owner_only(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path / "secrets")

    first, second = folder.get_or_create("a"), folder.get_or_create("b")

    assert first == folder.get_or_create("a")
    assert first != second
    assert len(first) >= 60
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.folder.iterdir()] == [0o600, 0o600]


def _ask(folder: Path, answers: "multiprocessing.Queue[str]") -> None:
    answers.put(KeyFolder(folder).get_or_create("key"))


def test_processes_asking_at_once_get_the_same_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[str] = context.Queue()
    processes = [context.Process(target=_ask, args=(tmp_path, answers)) for _number in range(8)]
    for process in processes:
        process.start()
    found = {answers.get(timeout=60) for _process in processes}
    for process in processes:
        process.join()

    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_one_supervisor_at_a_time(tmp_path: Path) -> None:
    data_folder.open_data_folder(tmp_path)

    with data_folder.lock_data_folder(tmp_path), pytest.raises(StartError, match=f"process {os.getpid()}"):
        data_folder.lock_data_folder(tmp_path)
    data_folder.lock_data_folder(tmp_path).close()


def test_a_run_that_is_stopping_is_waited_for(tmp_path: Path) -> None:
    data_folder.open_data_folder(tmp_path)
    first = data_folder.lock_data_folder(tmp_path)
    data_folder.mark_stopping(first)
    said: list[str] = []

    def heard(sentence: str) -> None:
        said.append(sentence)
        first.close()

    data_folder.lock_data_folder(tmp_path, heard).close()

    assert said == ["Waiting for the earlier run to stop"]


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StartError, match=r"Cannot write to .+file .+; set DATA_DIR to a folder that you own\."):
        data_folder.open_data_folder(tmp_path / "file")


def test_a_new_folder_is_closed_to_others_and_its_parents_are_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)

    data_folder.open_data_folder(tmp_path / "data")

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o711


def test_sockets_move_to_tmp_where_the_path_would_be_too_long(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    assert locations.socket_folder(Path("/srv/data")) == Path("/srv/data/run/sockets")
    assert len(os.fsencode(locations.socket_folder(deep) / ".s.PGSQL.5432.lock")) < 107
    assert locations.socket_folder(deep) == locations.socket_folder(deep)
    assert locations.socket_folder(deep) != locations.socket_folder(deep / "f")

"""A step is done for what it began with, whatever came in while it ran."""

from pathlib import Path

from orchestration.operations.fingerprint import Fingerprint


def test_what_changes_during_a_step_is_news_to_the_next(tmp_path: Path) -> None:
    code, mark = tmp_path / "code", tmp_path / "mark"
    code.mkdir()
    (code / "model.sql").write_text("select 1")
    step = Fingerprint(mark, [code])
    assert not step.is_current()
    (code / "model.sql").write_text("select 2")
    step.write()
    assert not Fingerprint(mark, [code]).is_current()
    (code / "model.sql").write_text("select 1")
    assert Fingerprint(mark, [code]).is_current()
    assert not Fingerprint(mark, [code], extra="another database").is_current()

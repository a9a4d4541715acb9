"""Two repairs to Superset's own interface, made while it is served; the installed library stays untouched.

* Its Dutch translation has gaps and mistakes ("Select all" reads "Alles deselecteren"), and a visitor who has not
  logged in yet gets none at all, because the texts are behind the login. They are nothing but texts: anybody may read
  them.
* Every page loads a tracking pixel from another party. The security policy of `superset_config` blocks it; here the
  request is not even made, so that the browser's console stays clean and shows real faults.
"""

import json
from functools import lru_cache
from pathlib import Path

import yaml
from flask import Flask, Response, request

_TRANSLATIONS = Path(__file__).with_name("vertalingen.yaml")
_LANGUAGE_PACK = "/superset/language_pack/nl/"
_TRACKER = b"https://apachesuperset.gateway.scarf.sh/pixel/"
# A transparent image of one pixel; what the interface appends to it becomes a fragment without meaning.
_EMPTY_IMAGE = b"data:image/gif;base64,R0lGODlhAQABAAAAACw=#"


def repair_interface(app: Flask) -> None:
    """Answer the language pack, and the scripts that hold the pixel, before Superset does."""
    package = Path(app.root_path)

    @lru_cache(maxsize=1)
    def language_pack() -> bytes:
        pack = json.loads((package / "translations/nl/LC_MESSAGES/messages.json").read_text(encoding="utf-8"))
        corrections = yaml.safe_load(_TRANSLATIONS.read_text(encoding="utf-8"))
        for english, dutch in corrections.items():
            pack["locale_data"]["superset"][english] = dutch if isinstance(dutch, list) else [dutch]
        return json.dumps(pack, ensure_ascii=False).encode()

    repaired = _scripts_without_tracker(package / "static" / "assets")

    @app.before_request
    def answer() -> Response | None:
        if request.path == _LANGUAGE_PACK:
            return Response(language_pack(), mimetype="application/json", headers={"Cache-Control": "max-age=3600"})
        if request.path in repaired:
            # The name holds a hash of the content that was; the browser may keep it as long as any other script.
            headers = {"Cache-Control": "public, max-age=31536000"}
            return Response(repaired[request.path], mimetype="text/javascript", headers=headers)
        return None


def _scripts_without_tracker(folder: Path) -> dict[str, bytes]:
    """Address → content of each script that names the tracker, with an empty image in its place."""
    found = {}
    for script in folder.glob("*.js"):
        content = script.read_bytes()
        if _TRACKER in content:
            found[f"/static/assets/{script.name}"] = content.replace(_TRACKER, _EMPTY_IMAGE)
    return found

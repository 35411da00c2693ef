# Asks the interpreter that runs the tasks what it is and what is installed for it. No pip is needed.
import sys

if sys.path and sys.path[0] == "":
    del sys.path[0]

import json
import os
import re

try:
    from importlib import metadata
except ImportError:
    metadata = None


def headers(dist):
    """Name and version from the first lines: parsing the whole file as a message takes ten times as long."""
    text = dist.read_text("METADATA") or dist.read_text("PKG-INFO") or ""
    name = version = None
    for line in text.splitlines():
        if not line:
            break
        key, _, value = line.partition(":")
        if key == "Name":
            name = value.strip()
        elif key == "Version":
            version = value.strip()
        if name and version:
            break
    return name, version


def spelled(dist, name, version):
    """One distribution as `pip freeze` writes it."""
    try:
        direct = json.loads(dist.read_text("direct_url.json") or "null")
    except ValueError:
        direct = None
    if not isinstance(direct, dict) or not isinstance(direct.get("url"), str):
        return ["%s==%s" % (name, version)]
    url = re.sub(r"://[^/@]*@", "://", direct["url"])
    vcs, folder, archive = direct.get("vcs_info"), direct.get("dir_info"), direct.get("archive_info")
    if isinstance(folder, dict) and folder.get("editable"):
        path = url[7:] if url.startswith("file://") else url
        from urllib.parse import unquote

        return ["# Editable install (%s==%s)" % (name, version), "-e %s" % unquote(path)]
    if isinstance(vcs, dict):
        url = "%s+%s@%s" % (vcs.get("vcs", "git"), url, vcs.get("commit_id", ""))
    elif isinstance(archive, dict):
        hashes = archive.get("hashes") or {}
        if hashes:
            url += "#" + "&".join("%s=%s" % pair for pair in sorted(hashes.items()))
        elif archive.get("hash"):
            url += "#" + archive["hash"]
    sub = direct.get("subdirectory")
    if sub:
        url += ("&" if "#" in url else "#") + "subdirectory=%s" % sub
    return ["%s @ %s" % (name, url)]


def freeze():
    skipped = {"pip", "distribute"} | ({"setuptools", "wheel"} if sys.version_info < (3, 12) else set())
    found = {}
    for dist in metadata.distributions() if metadata else ():
        try:
            name, version = headers(dist)
            if not name:
                continue
            key = re.sub(r"[-_.]+", "-", name).lower()
            # The first on the path is the one that is imported.
            if key not in found and key not in skipped:
                found[key] = spelled(dist, name, version)
        except Exception as error:
            found.setdefault("~%s" % dist, ["# unreadable: %s" % str(error).replace("\n", " ")])
    return [line for key in sorted(found) for line in found[key]], len(found)


def conda():
    """The packages of a conda environment, as `conda list --explicit --md5` writes them."""
    folder = os.path.join(sys.prefix, "conda-meta")
    lines = []
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return None
    for name in names:
        if not name.endswith(".json"):
            continue
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                record = json.load(file)
            url = re.sub(r"://[^/@]*@", "://", record["url"])
            url = re.sub(r"/t/[^/]+/", "/t/<TOKEN>/", url)
            md5 = record.get("md5")
            lines.append(url + ("#" + md5 if md5 else ""))
        except (OSError, ValueError, KeyError, TypeError):
            lines.append("# unreadable: %s" % name)
    return lines or None


def kind():
    try:
        with open(os.path.join(sys.prefix, "pyvenv.cfg"), encoding="utf-8") as file:
            return "uv" if re.search(r"^uv\s*=", file.read(), re.M) else "venv"
    except OSError:
        pass
    return "conda" if os.path.isdir(os.path.join(sys.prefix, "conda-meta")) else "system"


def main():
    lines, count = freeze()
    path = [folder for folder in sys.path if os.path.isdir(folder)]
    # An editable install may be found by a hook instead of the search path.
    for line in lines:
        if line.startswith("-e /"):
            path += [folder for folder in (line[3:], os.path.join(line[3:], "src")) if os.path.isdir(folder)]
    watched = [folder for folder in sys.path if os.path.isdir(folder)]
    watched += [os.path.join(sys.prefix, "conda-meta"), os.path.join(sys.prefix, "pyvenv.cfg")]
    json.dump(
        {
            "requirements": lines,
            "packages": count,
            "conda": conda(),
            "version": "%d.%d.%d" % sys.version_info[:3],
            "implementation": {"cpython": "CPython", "pypy": "PyPy"}.get(
                sys.implementation.name, sys.implementation.name
            ),
            "prefix": sys.prefix,
            "environment": kind(),
            "path": path,
            "watched": watched,
        },
        sys.stdout,
    )


main()

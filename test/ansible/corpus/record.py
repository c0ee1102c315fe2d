#!/usr/bin/env python3
"""Writes down what Ansible (Debian's ansible-core) makes of each project here: twice in one folder, and as a check in
another. Projects that are named as arguments are done, or all."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
UNTOLD = json.loads((HERE / 'untold.json').read_text())
HOSTS = ['h1', 'h2', 'h3']


def told(value):
    """A value without what depends on the machine or the moment."""
    if isinstance(value, list):
        return [told(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_folder = value.get('state') == 'directory' or value.get('isdir') is True
    kept = {}
    for key, item in value.items():
        if key == '_ansible_item_label':
            kept['LABEL'] = told(item)
        elif isinstance(item, str) and '/.ansible/tmp/' in item:
            continue
        elif key.startswith('_ansible') or key in UNTOLD['keys'] or (is_folder and key == UNTOLD['folderSize']):
            continue
        else:
            kept[key] = told(item)
    if 'results' in value and isinstance(value['results'], list):
        for one, item in zip(kept['results'], value['results']):
            if isinstance(one, dict) and isinstance(item, dict):
                one['STATUS'] = status_of(item)
    return kept


def status_of(item):
    return next((word for word in ('failed', 'skipped', 'changed') if item.get(word)), 'ok')


def is_include(result):
    """An include tells of itself a second time, as if it were a task."""
    return any('include' in one for one in result.get('results', [result]) if isinstance(one, dict))


def files_below(folder):
    found = {}
    for path in sorted(folder.rglob('*')):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = 'link ' + os.readlink(path)
        elif path.is_dir():
            if not name.startswith('fetched'):
                found[name] = '%04o folder' % (path.stat().st_mode & 0o7777)
        else:
            found[name] = '%04o %s' % (path.stat().st_mode & 0o7777, path.read_bytes().decode())
    return found


def account_of(ran, project):
    """Results by host, recap and statistics of an ansible-playbook with the callback `tell` that has ended."""
    lines = [json.loads(line[5:]) for line in ran.stdout.splitlines() if line.startswith('LINE ')]
    if not lines or 'recap' not in lines[-1]:
        sys.exit(f'{project}: {ran.stdout[-1500:]} {ran.stderr[-3000:]}')
    hosts = {}
    recap = custom = {}
    for line in lines:
        if line.get('status') == 'ok' and is_include(line['result']):
            continue
        if 'recap' in line:
            recap, custom = line['recap'], line['custom']
        else:
            hosts.setdefault(line['host'], []).append([line['task'], line['status'], told(line['result'])])
    return {'hosts': hosts, 'recap': recap, 'stats': custom}


def run(project, where, home, *words):
    environment = {
        'PATH': os.environ['PATH'],
        'HOME': str(home),
        'LC_ALL': 'C.UTF-8',
        'ANSIBLE_CALLBACK_PLUGINS': str(HERE / 'callback'),
        'ANSIBLE_STDOUT_CALLBACK': 'tell',
        'ANSIBLE_PYTHON_INTERPRETER': '/usr/bin/python3',
        'ANSIBLE_PIPELINING': '1',
        'ANSIBLE_ASYNC_DIR': str(home / 'async'),
        'ANSIBLE_RETRY_FILES_ENABLED': '0',
    }
    ran = subprocess.run(
        ['ansible-playbook', '-i', 'inventory.ini', 'site.yml', '-e', json.dumps({'where': str(where), 'extra': 'command'}), *words],
        cwd=HERE / project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=0o022)
    account = account_of(ran, project)
    text = json.dumps({**account, 'files': files_below(where)})
    for real, word in ((where, 'WHERE'), (HERE / project, 'PROJECT'), (home, 'HOME')):
        text = text.replace(str(real), word)
    return json.loads(re.sub(r'tmp\.\w+\.x', 'tmp.NAME.x', text))


def fresh(base, name):
    where = base / name
    for host in HOSTS:
        (where / host).mkdir(parents=True)
    return where


def record(project):
    base = pathlib.Path(tempfile.mkdtemp(prefix='corpus-'))
    try:
        home = base / 'home'
        home.mkdir()
        where = fresh(base, 'where')
        passes = {'first': run(project, where, home), 'again': run(project, where, home),
                  'check': run(project, fresh(base, 'check'), home, '--check')}
        (HERE / project / 'recorded.json').write_text(
            json.dumps(passes, sort_keys=True, separators=(',', ':'), ensure_ascii=False) + '\n')
    finally:
        shutil.rmtree(base)


if __name__ == '__main__':
    os.umask(0o022)
    for project in sys.argv[1:] or sorted(path.parent.name for path in HERE.glob('*/site.yml')):
        record(project)

#!/usr/bin/env python3
"""Writes down what Ansible makes of each project here, over ssh, on the lab's guests with Python (`LAB_PYTHON=1`, with a
LAB_NAME, LAB_DIR and LAB_CACHE): as a check, and then twice. A lab is booted for each. Projects that are named as
arguments are done, or all."""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORPUS = ROOT / 'test/ansible/corpus'
sys.path.insert(0, str(CORPUS))
from record import account_of  # noqa: E402

LAB_DIR, LAB_NAME = os.environ['LAB_DIR'], os.environ['LAB_NAME']
NODES = ['node1', 'node2', 'node3']
VARYING = json.loads((HERE / 'varying.json').read_text())


def lab(*words):
    return subprocess.run([ROOT / 'lab/lab', *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def snapshot(word):
    script = (HERE / 'snapshot.sh').read_text()
    found = {}
    for node in NODES:
        for line in lab('exec', node, 'sh', '-c', script, 'sh', word).splitlines():
            path, what, content = line.split('\t')
            text = base64.b64decode(content).decode()
            found[f'{node}:{path}'] = f'{what} {text}' if text else what
    return found


def run(project, *words):
    folder = HERE / project
    vault = folder / 'vault-password'
    environment = {
        'PATH': os.environ['PATH'],
        'HOME': f'{LAB_DIR}/run',
        'LC_ALL': 'C.UTF-8',
        'ANSIBLE_CALLBACK_PLUGINS': str(CORPUS / 'callback'),
        'ANSIBLE_STDOUT_CALLBACK': 'tell',
        'ANSIBLE_PYTHON_INTERPRETER': '/usr/bin/python3',
        'ANSIBLE_PIPELINING': '1',
        'ANSIBLE_RETRY_FILES_ENABLED': '0',
    }
    ran = subprocess.run(
        ['nsenter', f'--net=/run/netns/{LAB_NAME}-ctl', '--', 'ansible-playbook', '-i', f'{LAB_DIR}/inventory.yaml',
         '-i', 'inventory.yml', 'site.yml', '-e', json.dumps({'lab_ssl': f'{LAB_DIR}/run/ssl'}),
         *(['--vault-password-file', vault] if vault.exists() else []), *words],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    text = json.dumps({**account_of(ran, project), 'files': snapshot('after')}, ensure_ascii=False)
    for real, word in ((LAB_DIR, 'LAB'), (str(folder), 'PROJECT')):
        text = text.replace(real, word)
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return json.loads(text)


def record(project):
    lab('up', '3')
    snapshot('before')
    passes = {'check': run(project, '--check', '--diff'), 'first': run(project), 'again': run(project)}
    (HERE / project / 'recorded.json').write_text(
        json.dumps(passes, sort_keys=True, separators=(',', ':'), ensure_ascii=False) + '\n')
    print(project, *(passes[name]['recap'] for name in passes), flush=True)


if __name__ == '__main__':
    for project in sys.argv[1:] or sorted(path.parent.name for path in HERE.glob('*/site.yml')):
        record(project)
    lab('down')

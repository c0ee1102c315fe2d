#!/usr/bin/env python3
"""Writes down what Ansible's own authorized_key (collection ansible.posix) makes of files of keys."""

import json
import os
import pathlib
import tempfile

from ansible_collections.ansible.posix.plugins.modules import authorized_key

A, B, C = ('AAAAC3NzaC1lZDI1NTE5AAAAI' + letter * 43 for letter in 'abc')
FILES = [
    '',
    f'ssh-ed25519 {A} one\n',
    f'# keys\n\nssh-ed25519 {A}\n\nno key at all\n#ssh-ed25519 {B} off\nssh-rsa {B} two words\n',
    f'from="10.0.0.0/8,!10.1.0.1",no-pty ssh-ed25519 {A} one\nssh-ed25519 {B} two\n',
    f'ssh-ed25519 {A} one\nssh-ed25519 {A} again\n# same\n# same\nssh-ed25519 {B}   two\t\n',
    f'command="echo a  b",no-pty,environment="X=1",environment="Y=2" ssh-ed25519 {A} ü\n',
]
TASKS = [
    {'key': f'ssh-ed25519 {A} one'},
    {'key': f'ssh-ed25519 {A}'},
    {'key': f'ssh-ed25519 {C} three\n# a comment\n\nssh-rsa {B} two words\n'},
    {'key': f'ssh-ed25519 {C} three\nssh-ed25519 {A} one', 'exclusive': True},
    {'key': f'ssh-ed25519 {A} one', 'key_options': 'no-pty,from="10.0.0.0/8,!10.1.0.1"'},
    {'key': f'no-agent-forwarding ssh-ed25519 {A} one', 'comment': 'of the task'},
    {'key': f'ssh-ed25519 {A} other\nssh-ed25519 {C} none', 'state': 'absent'},
    {'key': f'ssh-ed25519 {A} one', 'state': 'absent', 'exclusive': True},
    {'key': 'no key'},
    {'key': '   '},
    {'key': f'command="echo a b",environment="Y=2",no-pty ssh-ed25519 {B} ü'},
]


class Failed(Exception):
    pass


class Module:
    check_mode = False
    _diff = False

    def fail_json(self, msg, **_):
        raise Failed(msg)

    def selinux_enabled(self):
        return False

    def atomic_move(self, source, target):
        os.replace(source, target)


def outcome(before, task, folder):
    path = folder / 'keys'
    path.write_text(before)
    params = {'user': 'root', 'path': str(path), 'manage_dir': False, **task}
    try:
        result = authorized_key.enforce_state(Module(), params)
    except Failed as error:
        return {'fails': str(error)}
    return {'changed': result.get('changed', False), 'after': path.read_text()}


with tempfile.TemporaryDirectory() as name:
    rows = [{'before': before, 'task': task, **outcome(before, task, pathlib.Path(name))} for before in FILES for task in TASKS]
target = pathlib.Path(__file__).with_name('recorded-keys.json')
target.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + '\n')

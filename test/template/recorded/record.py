#!/usr/bin/python3
"""Writes down what ansible-core 2.14.18 makes of each row of rows.jsonl: recorded.jsonl, one line a row.

A row is [kind, text]: an expression (as text, and as JSON), or a template file.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
os.chdir(HERE)
os.environ.update(HOME='/home/someone', RECORDED='yes', TZ='UTC', ANSIBLE_DEPRECATION_WARNINGS='0')

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.errors import AnsibleUndefinedVariable

FOLDER = os.path.join(HERE, 'files')


def templar():
    loader = DataLoader()
    loader.set_basedir(FOLDER)
    variables = json.load(open('variables.json'))
    variables.update(playbook_dir=FOLDER, ansible_search_path=[FOLDER])
    made = Templar(loader=loader, variables=variables)
    made.environment.loader.searchpath = [os.path.join(FOLDER, 'templates'), FOLDER]
    return made


def rendered(text):
    try:
        made = templar().template(text, convert_data=False, escape_backslashes=False, fail_on_undefined=True)
        return {'text': str(made).replace(FOLDER, '<folder>')}
    except AnsibleUndefinedVariable:
        return {'error': 'undefined'}
    except Exception:
        return {'error': 'failed'}


with open('recorded.jsonl', 'w') as out:
    for line in open('rows.jsonl'):
        kind, text = json.loads(line)
        source = '|{{ ' + text + ' }}' if kind == 'expression' else text
        row = {kind: text, **rendered(source)}
        if kind == 'expression' and 'error' not in row:
            shown = rendered('{{ (' + text + ') | to_json }}')
            row = {kind: text, 'text': row['text'][1:], **({'json': shown['text']} if 'text' in shown else {})}
        out.write(json.dumps(row, ensure_ascii=False) + '\n')

"""Writes what ansible-playbook does as the events that our engine tells (src/engine/events.ts), one a line."""

import json
import os
import sys

from ansible.plugins.callback import CallbackBase
from ansible.utils.display import Display

INTERNAL = '_ansible_'
# Must not be in any output: a report that forgets `no_log` shows it.
HIDDEN = {'stdout': 'a secret that no_log hides', 'msg': 'a secret that no_log hides'}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'notification'
    CALLBACK_NAME = 'events'

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._file = open(os.environ['EVENTS_FILE'], 'w')
        self._play = None
        self._batches = 0
        self._task = None
        self._items = {}
        self._listen_to_warnings()

    def _listen_to_warnings(self):
        warning = Display.warning

        def told(display, msg, formatted=False):
            # Those of a result are told with it.
            if sys._getframe(1).f_code.co_name != '_handle_warnings':
                self._tell('warning', message=msg)
            warning(display, msg, formatted)

        Display.warning = told

    def _tell(self, kind, **more):
        self._file.write(json.dumps({'kind': kind, **more}, default=str) + '\n')
        self._file.flush()

    def v2_playbook_on_start(self, playbook):
        self._tell('playbook', file=playbook._file_name, plays=len(playbook.get_plays()))

    def v2_playbook_on_play_start(self, play):
        if self._play != play._uuid:
            self._play, self._batches = play._uuid, 1
            self._tell('play', play=play.get_name(), hosts=[], check=False)
            if play.serial:
                self._tell('batch', hosts=[], index=1, of=2)
        else:
            self._batches += 1
            self._tell('batch', hosts=[], index=self._batches, of=self._batches)

    def v2_playbook_on_no_hosts_matched(self):
        self._tell('no-hosts', why='none matched')

    def v2_playbook_on_no_hosts_remaining(self):
        self._tell('no-hosts', why='none left')

    def _start(self, task, handler):
        self._task = {
            'task': task.get_name().strip(),
            'module': task.action.split('.')[-1],
            'at': '%s:1' % task.get_path() if task.get_path() else '',
        }
        self._tell('task', handler=handler, **self._task)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._start(task, False)

    def v2_playbook_on_handler_task_start(self, task):
        self._start(task, True)

    def v2_playbook_on_notify(self, handler, host):
        self._tell('notified', handler=handler.get_name(), host=str(host))

    def v2_playbook_on_include(self, included_file):
        label = self._get_item_label(included_file._vars)
        more = {} if label is None else {'label': label}
        self._tell('included', what=included_file._filename, hosts=[h.name for h in included_file._hosts], **more)

    def v2_runner_retry(self, result):
        left = result._result['retries'] - result._result['attempts']
        self._tell('retry', host=result._host.get_name(), task=str(result.task_name), left=left, **delegated(result))

    def v2_runner_item_on_ok(self, result):
        self._item(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_item_on_failed(self, result):
        self._item(result, 'failed')

    def v2_runner_item_on_skipped(self, result):
        self._item(result, 'skipped')

    def _item(self, result, status):
        raw = result._result
        item = {
            'label': raw.get('_ansible_item_label', raw.get('item')),
            **outcome(raw, status, 'censored' in raw),
            **delegated(result),
        }
        self._items.setdefault((result._host.get_name(), result._task._uuid), []).append(item)

    def _result(self, result, status, ignored=False):
        # What came of an include is told as `included`.
        if result._task.action.split('.')[-1] in ('include_tasks', 'include_role') and status == 'ok':
            return
        no_log = 'censored' in result._result
        items = self._items.pop((result._host.get_name(), result._task._uuid), None)
        if items is None and 'results' in result._result:
            items = []
        more = {} if items is None else {'items': items}
        of = {
            'host': result._host.get_name(),
            'ignored': ignored,
            'noLog': no_log,
            **outcome(result._result, status, no_log),
            **delegated(result),
            **more,
        }
        self._tell('result', of=of, **(self._task or {}))

    def v2_runner_on_ok(self, result):
        self._result(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result(result, 'failed', bool(ignore_errors))

    def v2_runner_on_skipped(self, result):
        self._result(result, 'skipped')

    def v2_runner_on_unreachable(self, result):
        self._result(result, 'unreachable', bool(result._task.ignore_unreachable))

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in stats.processed:
            counts = stats.summarize(host)
            counts['failed'] = counts.pop('failures')
            hosts[host] = counts
        run = {'' if name == '_run' else name: value for name, value in stats.custom.items()}
        self._tell('recap', hosts=hosts, stats=run)


def outcome(raw, status, no_log):
    msg = raw.get('msg')
    quiet = {'quiet': True} if status == 'ok' and raw.get('msg') == 'said nothing' else {}
    return {
        'status': status,
        'why': msg if isinstance(msg, str) else '',
        'result': {**fields(raw, status == 'failed'), **(HIDDEN if no_log else {})},
        'diff': diffs(raw),
        **quiet,
    }


def fields(raw, failed):
    """As our engine has them: whether it failed among them, nothing internal."""
    kept = {k: v for k, v in raw.items() if not k.startswith(INTERNAL) and k not in ('diff', 'censored')}
    return {**kept, 'failed': failed}


def delegated(result):
    name = result._task.delegate_to
    if not name or name == result._host.get_name():
        return {}
    address = result._result.get('_ansible_delegated_vars', {}).get('ansible_host', name)
    return {'delegated': {'name': name, 'address': address}}


def diffs(raw):
    """Diffs of texts. How they are headed goes into DIFF_HEADERS: ours names the path alone."""
    given = raw.get('diff') or []
    told = []
    for diff in given if isinstance(given, list) else [given]:
        before, after = diff.get('before'), diff.get('after')
        if not isinstance(after, str) or not isinstance(before, str):
            continue
        # Check mode does not tell where it would write.
        path = raw.get('dest') or raw.get('path') or diff.get('before_header') or diff.get('after_header')
        if not path:
            continue
        told.append({'path': path, 'before': before, 'after': after})
        with open(os.environ['EVENTS_FILE'] + '.headers', 'a') as headers:
            for side in ('before', 'after'):
                if side + '_header' in diff:
                    headers.write(json.dumps([side + ': ' + diff[side + '_header'], side + ': ' + path]) + '\n')
    return told

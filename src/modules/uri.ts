import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { change, defineModule, refuse, run, skip, unchanged } from '../core/module.js';
import { fileGlob } from '../facts/file-glob.js';
import type { Answers } from './answers.js';
import { bool, int, path, renamed, text, word } from './arguments.js';
import { touching } from './touching.js';
import { uriResult } from './uri-answer.js';
import { type Request, requestScript } from './uri-script.js';

const oneLine = (value: string) => !/[\r\n\0]/.test(value);
const statuses = z
  .preprocess((given) => (Array.isArray(given) ? given : String(given).split(',')), z.array(int))
  .default([200]);

const Args = z
  .strictObject({
    url: word.refine((url) => /^https?:\/\/[^\s]+$/i.test(url), 'is no http or https address'),
    method: word
      .transform((method) => method.toUpperCase())
      .refine((method) => /^[A-Z]+$/.test(method), 'is no method')
      .default('GET'),
    body: z.unknown().optional(),
    body_format: z.enum(['raw', 'json', 'form-urlencoded']).default('raw'),
    headers: z.record(z.string(), text.refine(oneLine, 'is more than one line')).default({}),
    status_code: statuses,
    return_content: bool.default(false),
    url_username: word.optional(),
    url_password: word.optional(),
    force_basic_auth: bool.default(false),
    validate_certs: bool.default(true),
    follow_redirects: z
      .preprocess(
        (given) => (given === 'yes' || given === true ? 'all' : given === 'no' || given === false ? 'none' : given),
        z.enum(['all', 'none', 'safe']),
      )
      .default('safe'),
    timeout: int.refine((seconds) => seconds > 0 && seconds <= 3600, 'is no time in seconds').default(30),
    dest: path.optional(),
    creates: path.optional(),
    removes: path.optional(),
    unix_socket: path.optional(),
  })
  .refine(({ headers }) => Object.keys(headers).every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)), {
    message: 'headers holds a name that is none',
  })
  .refine(({ body }) => typeof body !== 'string' || !body.includes('\0'), 'body holds a NUL character');

type UriArguments = z.infer<typeof Args>;
type Needs = { creates?: Ask<readonly string[]>; removes?: Ask<readonly string[]> };

/** A request to a web server, made by the host. */
export const uri = defineModule<UriArguments, Needs>({
  name: 'uri',
  about: 'Makes a request to a web server from the host, by its curl',
  example: `- name: etcd is well
  uri:
    url: http://127.0.0.1:2379/health
    return_content: true`,
  args: z.preprocess((given) => renamed(given, { user: 'url_username', password: 'url_password' }), Args),
  needs: ({ creates, removes }) => ({
    ...(creates === undefined ? {} : { creates: ask(fileGlob, { pattern: creates }) }),
    ...(removes === undefined ? {} : { removes: ask(fileGlob, { pattern: removes }) }),
  }),
  plan(args, readings, { check }) {
    const { creates, removes } = readings as Answers<Needs>;
    if (args.creates !== undefined && creates?.state === 'present') {
      return unchanged(`skipped, since '${args.creates}' exists`, {
        result: { stdout: `skipped, since '${args.creates}' exists` },
      });
    }
    if (args.removes !== undefined && removes?.state === 'absent') {
      return unchanged(`skipped, since '${args.removes}' does not exist`);
    }
    if (check) return skip('no request is made in check mode');
    const request = requestOf(args);
    if (typeof request === 'string') return refuse(request);
    return change(`${args.method} ${args.url.replace(/\/\/[^/@]*@/, '//')}`, {
      actions: [
        run(requestScript(request), {
          mayFail: true,
          timeoutMs: (args.timeout + 30) * 1000,
          ...touching(...(args.dest === undefined ? [] : [args.dest])),
        }),
      ],
      result: { changed: false, elapsed: 0 },
      conclude: ([output]) =>
        uriResult(output, { statuses: args.status_code, returnContent: args.return_content, url: args.url }),
    });
  },
});

const TYPES = { raw: undefined, json: 'application/json', 'form-urlencoded': 'application/x-www-form-urlencoded' };

function requestOf(args: UriArguments): Request | string {
  const body = bodyOf(args);
  if (body instanceof Error) return body.message;
  const type = TYPES[args.body_format];
  const typed = Object.keys(args.headers).some((name) => name.toLowerCase() === 'content-type');
  const added: [string, string][] = type === undefined || typed || body === undefined ? [] : [['Content-Type', type]];
  const agent: [string, string][] = Object.keys(args.headers).some((name) => name.toLowerCase() === 'user-agent')
    ? []
    : [['User-Agent', 'ansible-httpget']];
  const safe = args.method === 'GET' || args.method === 'HEAD';
  return {
    url: args.url,
    method: args.method,
    headers: [...Object.entries(args.headers), ...added, ...agent],
    body,
    user: args.url_username,
    password: args.url_password,
    basicAtOnce: args.force_basic_auth,
    validateCerts: args.validate_certs,
    follow: args.follow_redirects === 'all' || (args.follow_redirects === 'safe' && safe),
    timeoutSeconds: args.timeout,
    unixSocket: args.unix_socket,
    dest: args.dest,
  };
}

function bodyOf({ body, body_format }: UriArguments): string | undefined | Error {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body_format === 'json') return JSON.stringify(body);
  if (body_format === 'raw') return new Error('body is no text; body_format says how it becomes one');
  const pairs = Array.isArray(body) ? body : Object.entries(body);
  const form = new URLSearchParams();
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return new Error('body is no form: names and their values');
    for (const value of Array.isArray(pair[1]) ? pair[1] : [pair[1]]) form.append(String(pair[0]), String(value));
  }
  return form.toString();
}

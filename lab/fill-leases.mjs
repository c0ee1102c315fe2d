// Fills etcd with the leases of nodes that are elsewhere: fill-leases.mjs VERSION N ENDPOINT[,...] SSL_FOLDER
// Subnets 10.129.0.0/24 and up, nodes 172.20.0.1 and up, each with a day to live.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import process from 'node:process';

const [version, wanted, endpoints, ssl] = process.argv.slice(2);
const count = Number(wanted);
const endpoint = endpoints.split(',')[0];
const agent = new https.Agent({
  keepAlive: true,
  maxSockets: 32,
  ca: readFileSync(`${ssl}/ca.pem`),
  cert: readFileSync(`${ssl}/kubernetes.pem`),
  key: readFileSync(`${ssl}/kubernetes-key.pem`),
});
const DAY_SECONDS = 86_400;
/** etcd takes up to 128 operations in one transaction. */
const OPERATIONS = 128;

const leases = Array.from({ length: count }, (_, index) => ({
  key: `/kubernetes/network/subnets/10.${129 + (index >> 8)}.${index & 255}.0-24`,
  value: JSON.stringify({
    PublicIP: `172.${20 + ((index + 1) >> 16)}.${((index + 1) >> 8) & 255}.${(index + 1) & 255}`,
    BackendType: 'vxlan',
    BackendData: { VtepMAC: `5a:00:00:${hex(index >> 16)}:${hex(index >> 8)}:${hex(index)}` },
  }),
}));
if (/^v0\.1[0-7]\./.test(version)) await fillV2();
else await fillV3();
agent.destroy();

async function fillV2() {
  const left = [...leases];
  const worker = async () => {
    for (let lease = left.pop(); lease; lease = left.pop()) {
      const body = new URLSearchParams({ value: lease.value, ttl: String(DAY_SECONDS) }).toString();
      await send('PUT', `/v2/keys${lease.key}`, body, 'application/x-www-form-urlencoded');
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

async function fillV3() {
  const { ID } = JSON.parse(await json('/v3/lease/grant', { TTL: DAY_SECONDS }));
  for (let from = 0; from < count; from += OPERATIONS) {
    const success = leases
      .slice(from, from + OPERATIONS)
      .map(({ key, value }) => ({ request_put: { key: base64(key), value: base64(value), lease: ID } }));
    await json('/v3/kv/txn', { success });
  }
}

function json(path, value) {
  return send('POST', path, JSON.stringify(value), 'application/json');
}

function send(method, path, body, type) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sent = https.request(new URL(path, endpoint), { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => (response.statusCode < 300 ? resolve(text) : reject(new Error(`${path}: ${text}`))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function hex(byte) {
  return (byte & 255).toString(16).padStart(2, '0');
}

function base64(text) {
  return Buffer.from(text).toString('base64');
}

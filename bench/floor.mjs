// The floor: bare ssh2, one connection and one exec a host, TCP_NODELAY from the start, and nothing else.
//   node bench/floor.mjs USER KEY SCRIPT-FILE CONCURRENCY < addresses
// Host keys are taken as they come: checking them is work of ours that the floor does not do.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import process from 'node:process';
import ssh2 from 'ssh2';

const [username, keyFile, scriptFile, concurrency] = process.argv.slice(2);
const privateKey = readFileSync(keyFile);
const script = readFileSync(scriptFile, 'utf8');
const hosts = readFileSync(0, 'utf8').split('\n').filter(Boolean);
let [next, bytes] = [0, 0];

await Promise.all(Array.from({ length: Math.min(Number(concurrency), hosts.length) }, worker));
console.log(`${hosts.length} hosts, ${bytes} bytes`);

async function worker() {
  while (next < hosts.length) {
    const host = hosts[next];
    next += 1;
    await one(host);
  }
}

function one(host) {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const sock = connect({ host, port: 22, noDelay: true });
    const stop = (error) => reject(new Error(`${host}: ${error.message}`));
    sock.once('error', stop);
    sock.once('connect', () => client.connect({ sock, username, privateKey }));
    client.once('error', stop);
    client.once('close', resolve);
    client.once('ready', () =>
      client.exec(script, (error, channel) => {
        if (error) return stop(error);
        channel.on('data', (chunk) => (bytes += chunk.length));
        channel.once('exit', (status) => status !== 0 && stop(new Error(`ended with ${status}`)));
        channel.once('close', () => client.end());
      }),
    );
  });
}

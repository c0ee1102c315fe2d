// A way to the sshd of every address of 127.0.0.0/8 that counts what passes, and may delay it.
//   node bench/counting-proxy.mjs PORT DELAY-MS COUNTS-FILE
// Who connects to 127.1.0.7:PORT is taken to 127.1.0.7:22, each piece so much later. An exchange is what the client says
// and the server answers: how often the direction turns. At SIGTERM COUNTS-FILE gets one JSON object a connection.
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import process from 'node:process';

const [port, delayMs, countsFile] = process.argv.slice(2);
const counts = [];

createServer({ noDelay: true }, (near) => {
  const host = near.localAddress;
  const far = connect({ host, port: 22, noDelay: true });
  const count = { host, exchanges: 0, up: 0, down: 0 };
  counts.push(count);
  let asked = false;
  carry(near, far, (bytes) => {
    count.up += bytes;
    asked = true;
  });
  carry(far, near, (bytes) => {
    count.down += bytes;
    if (asked) count.exchanges += 1;
    asked = false;
  });
}).listen(Number(port), '0.0.0.0', () => console.log('listening'));

process.once('SIGTERM', () => {
  writeFileSync(countsFile, counts.map((count) => `${JSON.stringify(count)}\n`).join(''));
  process.exit(0);
});

/** Pieces keep their order, as timers of one length do. */
function carry(from, to, passed) {
  const later = Number(delayMs) === 0 ? (act) => act() : (act) => setTimeout(act, Number(delayMs));
  from.on('data', (chunk) => {
    passed(chunk.length);
    later(() => {
      if (to.writable && !to.write(chunk)) from.pause();
    });
  });
  to.on('drain', () => from.resume());
  from.on('end', () => later(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => later(() => to.destroySoon()));
}

import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to the bytes of one direction. Counts are of bytes passed since the fault was set. */
export interface Fault {
  /** Resets both sides after so many bytes. */
  readonly cutAfter?: number;
  /** Passes so many bytes and nothing more, with both sides left open: no FIN, no reset. */
  readonly freezeAfter?: number;
  /** Passes no more than this in a second. */
  readonly bytesPerSecond?: number;
  /** Each piece waits this long first. */
  readonly latencyMs?: number;
}

/** A way to a TCP port of this machine that can be made to fail. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, for open connections and new ones. `up` goes to the server, `down` comes from it. */
  fail(faults: { up?: Fault; down?: Fault }): void;
  /** Bytes passed in each direction since the last `fail`. */
  passed(): { readonly up: number; readonly down: number };
  close(): Promise<void>;
}

export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const state = { up: way(), down: way() };
  const server: Server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    const cut = () => {
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    carry(near, far, () => state.up, cut);
    carry(far, near, () => state.down, cut);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    fail({ up = {}, down = {} }) {
      state.up = way(up);
      state.down = way(down);
    },
    passed: () => ({ up: state.up.passed, down: state.down.passed }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

interface Way {
  readonly fault: Fault;
  passed: number;
}

function way(fault: Fault = {}): Way {
  return { fault, passed: 0 };
}

/** Bytes go on one piece after the other, each by the fault that holds when its turn comes. */
function carry(from: Socket, to: Socket, current: () => Way, cut: () => void): void {
  let turn: Promise<void> = Promise.resolve();
  from.on('data', (chunk: Buffer) => {
    from.pause();
    turn = turn.then(() => pass(chunk, to, current(), cut)).then(() => void from.resume());
  });
  from.on('end', () => {
    turn = turn.then(() => {
      if (current().fault.freezeAfter === undefined) to.end();
    });
  });
  // A connection that ends while it is frozen stays half open on the other side.
  from.on('close', () => {
    if (current().fault.freezeAfter === undefined) to.destroySoon();
  });
}

async function pass(chunk: Buffer, to: Socket, way: Way, cut: () => void): Promise<void> {
  const { cutAfter, freezeAfter, bytesPerSecond, latencyMs } = way.fault;
  if (latencyMs !== undefined) await pause(latencyMs);
  const limit = cutAfter ?? freezeAfter ?? Number.POSITIVE_INFINITY;
  const piece = chunk.subarray(0, Math.max(0, limit - way.passed));
  const stepBytes = bytesPerSecond === undefined ? piece.length : Math.max(1, Math.floor(bytesPerSecond / 50));
  for (let at = 0; at < piece.length; at += stepBytes) {
    if (bytesPerSecond !== undefined) await pause(20);
    const part = piece.subarray(at, at + stepBytes);
    if (to.writable) to.write(part);
    way.passed += part.length;
  }
  if (cutAfter === undefined || way.passed < cutAfter) return;
  // What was let through has to be on its way before the reset overtakes it.
  if (piece.length > 0) await pause(5);
  cut();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Msgpack clients that listen to one named session and count what they hear.
 * In: messages `{open}`, `{count}`. Out: `{opened}`, `{heard}`, `{failed}`. Never: unpacks an update; outlives its parent.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { packFrame } from '../../test/support/mp.ts';

export interface EarsOpen {
  readonly port: number;
  readonly clients: number;
  /** What each says first; the answer is the first frame it gets. */
  readonly first: object;
}

/** How a frame with id 0 begins: a map of two and more, `id`, 0. */
const NOTICE = Buffer.from([0xa2, 0x69, 0x64, 0x00]);

let heard = 0;

/** Cuts frames, and keeps no more of one than its first bytes. */
function listen(socket: Socket, onFrame: (head: Buffer) => void): void {
  let part: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    part = part.length === 0 ? chunk : Buffer.concat([part, chunk]);
    let at = 0;
    while (part.length - at >= 4) {
      const stop = at + 4 + part.readUInt32BE(at);
      if (stop > part.length) break;
      onFrame(part.subarray(at + 4, Math.min(stop, at + 16)));
      at = stop;
    }
    part = part.subarray(at);
  });
}

async function open({ port, clients, first }: EarsOpen): Promise<void> {
  for (let i = 0; i < clients; i++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => undefined);
    socket.on('close', () => tell({ failed: 'a connection was closed' }));
    await once(socket, 'connect');
    const answered = new Promise<void>((resolve) =>
      listen(socket, (head) => {
        if (head.subarray(1, 1 + NOTICE.length).equals(NOTICE)) heard++;
        else resolve();
      }),
    );
    socket.write(packFrame(first));
    await answered;
  }
}

function tell(message: object): void {
  process.send!(message);
}

type Order = { open: EarsOpen } | { count: true };

async function obey(order: Order): Promise<object> {
  if ('count' in order) return { heard };
  await open(order.open);
  return { opened: true };
}

process.on('message', (order: Order) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: String(error) }));
});
process.on('disconnect', () => process.exit());
console.log('ready');

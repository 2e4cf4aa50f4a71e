/**
 * Ends: whether the peers of sockets that are not read from are still there.
 * In: sockets whose reading has stopped, or whose peer has sent its FIN. Out: their own `error` and `close`, once the peer has
 * reset the connection. Never: a byte sent.
 *
 * A socket that is not read is not polled: a reset would show with the next answer, which may be minutes away. Writing nothing
 * shows it: the system looks for the error before it looks for bytes.
 */
import type { Socket } from 'node:net';

const NOTHING = Buffer.alloc(0);
/** The most sockets that one look takes; the others have their turn with the next looks. */
const MOST_LOOKED_AT = 1_000;

/** The sockets to look at; one for all connections. */
export class Ends {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
  }

  delete(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  look(): void {
    let left = Math.min(MOST_LOOKED_AT, this.#sockets.size);
    for (const socket of this.#sockets) {
      if (left-- === 0) return;
      this.#sockets.delete(socket);
      if (socket.destroyed) continue;
      this.#sockets.add(socket);
      // A socket with something to write is polled for that.
      if (socket.writable && socket.writableLength === 0) socket.write(NOTHING);
    }
  }
}

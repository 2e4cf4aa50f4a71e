/**
 * A line client: asks one thing after the other, or several at once.
 * In: a port. Out: answers by id. Never: an answer given to another request; notices are passed over.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Answer = Readonly<Record<string, unknown>>;

interface Waiter {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class Line {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiter>();
  #part = '';
  #id = 0;
  #isOver = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => this.#take(text));
    socket.on('close', () => {
      this.#isOver = true;
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection was closed'));
    });
  }

  static async to(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Line(socket);
  }

  #take(text: string): void {
    const lines = (this.#part + text).split('\n');
    this.#part = lines.pop()!;
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      const waiter = this.#waiting.get(answer['id'] as number);
      this.#waiting.delete(answer['id'] as number);
      waiter?.resolve(answer);
    }
  }

  /** Resolves with the answer; rejects if the connection is closed before it. */
  ask(request: object): Promise<Answer> {
    if (this.#isOver) return Promise.reject(new Error('the connection was closed'));
    const id = ++this.#id;
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }
}

import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [HOST, PORT, NAME] = ['localhost', 1543, 'bot1'];
const STATE = `${NAME}.state`;
/** What Telegram answers to one call; every other error ends the connection. */
class Refused extends Error {}
const randomId = () => (randomBytes(8).readBigUInt64LE() >> 1n).toString();

class Bot {
  #socket;
  #id = 0;
  #open = new Map();
  /** Updates are handled one after the other. */
  #queue = Promise.resolve();
  #state;

  /** Runs one connection until it ends. */
  async run() {
    this.#socket = connect(PORT, HOST);
    await once(this.#socket, 'connect');
    const reading = this.#read();
    // JavaScript rounds numbers beyond 2^53, and access hashes are longer: have them as text.
    await this.#ask({ options: { int64: 'string' }, session: { name: NAME, existing: true } });
    if (existsSync(STATE)) this.#state = JSON.parse(readFileSync(STATE, 'utf8'));
    else this.#keep(await this.#call('updates.getState'));
    await this.#later(() => this.#catchUp());
    console.log('ready');
    await reading;
  }

  async #read() {
    const lines = createInterface({ input: this.#socket });
    this.#socket.on('error', ({ message }) => console.log(message)).on('close', () => lines.close());
    for await (const line of lines) this.#onLine(JSON.parse(line));
    for (const { reject } of this.#open.values()) reject(new Error('the gateway closed the connection'));
  }

  #ask(request) {
    const id = ++this.#id;
    this.#socket.write(`${JSON.stringify({ id, ...request })}\n`);
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }

  async #call(method, fields = {}) {
    const { message } = await this.#ask({ message: { _cons: method, ...fields } });
    if (['rpc_error', 'rpc_timeout'].includes(message._cons)) throw new Refused(`${method}: ${message.error_message}`);
    return message;
  }

  #later(work) {
    // What fails here is not kept as read: the next connection fetches it again.
    this.#queue = this.#queue.then(work).catch(({ message }) => {
      console.log(message);
      this.#socket.destroy();
    });
    return this.#queue;
  }

  #onLine(line) {
    const asked = this.#open.get(line.id);
    if (asked !== undefined) {
      this.#open.delete(line.id);
      if (line.error === undefined) asked.resolve(line);
      else asked.reject(new Error(`${line.error}: ${line.msg}`));
    } else if (line.fatal) {
      console.log(`${line.error}: ${line.msg}`);
      process.exit(1);
    } else if (line.error === 'UpdatesDropped') void this.#later(() => this.#catchUp());
    else if (line.message !== undefined) void this.#later(() => this.#onUpdates(line.message));
  }

  /** Remembers how far this bot has read, for the next start. */
  #keep({ pts, qts, date }) {
    this.#state = { pts, qts, date };
    writeFileSync(STATE, JSON.stringify(this.#state));
  }

  /** Fetches what came while nobody listened. */
  async #catchUp() {
    for (;;) {
      const news = await this.#call('updates.getDifference', this.#state).catch((error) => this.#startAnew(error));
      if (news === undefined) return;
      for (const message of news.new_messages ?? []) await this.#onMessage(message);
      if (news._cons === 'updates.differenceTooLong') this.#keep({ ...this.#state, pts: news.pts });
      else if (news._cons !== 'updates.differenceEmpty') this.#keep(news.state ?? news.intermediate_state);
      if (!['updates.differenceSlice', 'updates.differenceTooLong'].includes(news._cons)) return;
    }
  }

  /** A data centre that does not know this place any more: go on from now. */
  async #startAnew(error) {
    if (!(error instanceof Refused)) throw error;
    console.log(error.message);
    this.#keep(await this.#call('updates.getState'));
  }

  async #onUpdates(news) {
    if (news._cons === 'updatesTooLong') return this.#catchUp();
    for (const update of news.updates ?? [news.update ?? news])
      if (update.pts !== undefined && !/channel/i.test(update._cons)) await this.#onNumbered(update);
  }

  /** Updates of private chats are numbered by pts: an old one is skipped, a gap is filled. */
  async #onNumbered(update) {
    if (update.pts <= this.#state.pts) return;
    if (update.pts - update.pts_count > this.#state.pts) return this.#catchUp();
    if (update._cons === 'updateShortMessage')
      await this.#onMessage({ ...update, peer_id: { _cons: 'peerUser', user_id: update.user_id } });
    else if (update._cons === 'updateNewMessage') await this.#onMessage(update.message);
    this.#keep({ ...this.#state, pts: update.pts });
  }

  async #onMessage({ out, peer_id: from, message }) {
    if (out || from?._cons !== 'peerUser') return;
    const peer = { _cons: 'inputPeerUser', user_id: from.user_id, access_hash: 0 };
    try {
      if (message === '/file') await this.#sendFile(peer, 'hello.txt', Buffer.from('Hello from a file.\n'));
      else await this.#send('messages.sendMessage', peer, { message: `You said: ${message}` });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      console.log(error.message);
    }
  }

  /** What is sent is numbered too, so the answer is read like an update, after this one. */
  async #send(method, peer, fields) {
    const sent = await this.#call(method, { peer, random_id: randomId(), ...fields });
    void this.#later(() => this.#onUpdates(sent));
  }

  async #sendFile(peer, name, content) {
    const [id, size] = [randomId(), 512 * 1024];
    const parts = Math.ceil(content.length / size);
    for (let part = 0; part < parts; part++) {
      const bytes = content.subarray(part * size, (part + 1) * size).toString('base64');
      await this.#call('upload.saveFilePart', { file_id: id, file_part: part, bytes });
    }
    const file = { _cons: 'inputFile', id, parts, name, md5_checksum: '' };
    const attributes = [{ _cons: 'documentAttributeFilename', file_name: name }];
    const media = { _cons: 'inputMediaUploadedDocument', file, mime_type: 'text/plain', attributes };
    await this.#send('messages.sendMedia', peer, { media, message: '' });
  }
}

for (;;) {
  try {
    await new Bot().run();
  } catch (lost) {
    console.log(lost.message);
  }
  await sleep(1000);
}

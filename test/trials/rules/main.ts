/** Rules of `src/main`: who is let in and heard, what is bounded, what a lost thread may leave behind, what waits for the disk. */
import { rulesOf, type Rule } from './rule.ts';

export const MAIN: readonly Rule[] = [
  ...rulesOf('src/main/lanes/lane.ts', 'main/lanes/lane turns', [
    [
      'a block of a lost thread is not applied',
      'if (this.#thread === thread) this.#returned(block);',
      'this.#returned(block);',
    ],
    [
      'a batch that does not come back ends its thread',
      "if (++this.#age * every > this.#options.limits.batchTimeout) this.#lose(this.#thread!, 'batch not back in time');",
      '',
    ],
    [
      'the age of a batch begins anew when one is back',
      '    this.#age = 0;\n    this.#apply(block);',
      '    this.#apply(block);',
    ],
    [
      'the next thread is not started before the lost one has ended',
      'if (this.#ending !== undefined) await this.#ending;',
      '',
    ],
    [
      'a block that somebody reads is not written again',
      'if (isFree && isWorth) this.#spares',
      'if (isWorth) this.#spares',
    ],
  ]),
  ...rulesOf('src/main/lanes/turns.ts', 'turns', [
    ['what was copied for a lane is zeroed when it has gone', 'if (isCopied(record[0])) record[5].fill(0);', ''],
    [
      'a session with much to do takes turns with others',
      'if (cost > line.credit) {',
      'if (cost > line.credit && cost < 0) {',
    ],
    [
      'what waits of a session that has gone is no work',
      'kind === In.CLOSE || kind === In.DETACH',
      'kind === In.DETACH',
    ],
    ['what waits of a client that has left is no work', 'kind === In.CLOSE || kind === In.DETACH', 'kind === In.CLOSE'],
  ]),
  ...rulesOf('src/main/lanes/lane-queue.ts', 'turns lane', [
    [
      'whose fault a death is must be certain: one batch at a time',
      'this.#isolatedCount > 0 ? 1 : IN_FLIGHT',
      'this.#isolatedCount > 0 ? IN_FLIGHT : IN_FLIGHT',
    ],
    [
      'a record is not put before an earlier one of its session',
      'if (this.#isFull || this.#turns.has(number)) return false;',
      'if (this.#isFull) return false;',
    ],
  ]),
  ...rulesOf('src/main/links/dialling.ts', 'links/dialling', [
    [
      'an address that a data centre handed out is judged before it is dialled',
      "namedBy === 'operator' || this.#allow",
      "namedBy !== 'client' || this.#allow",
    ],
    [
      'an address of a client is judged before it is dialled',
      "namedBy === 'operator' || this.#allow",
      "namedBy !== 'server' || this.#allow",
    ],
    [
      'a private address that a data centre handed out is not dialled',
      "namedBy === 'server' && isPublic(host)",
      "namedBy === 'server'",
    ],
  ]),
  ...rulesOf('src/main/links/links.ts', 'links/links', [
    [
      'a data centre that takes connections and says nothing is waited for',
      'Math.max(isTried ? 1 : 0, this.#retryAt - this.#dialling.env.now())',
      'Math.max(0, this.#retryAt - this.#dialling.env.now())',
    ],
    [
      'a data centre that has said something is not waited for',
      '    if (link.number === HOME) this.#retryAt = 0;\n',
      '',
    ],
    [
      'a link dialled while its client reads nothing is not read without limit',
      '    if (this.#owner.isUnread) link.gate.shut(Why.UNREAD);\n',
      '',
    ],
    [
      'a dial that is not permitted is refused',
      'if (!this.#dialling.permits(namedBy, host, port))',
      'if (host === undefined)',
    ],
    [
      'no connection is made where no descriptor is left',
      'if (!descriptors.take()) {',
      'if (!descriptors.take() && number < 0) {',
    ],
  ]),
  ...rulesOf('src/main/limits/descriptors.ts', 'descriptors', [
    [
      'the reserve of descriptors is not used',
      'this.#used + 1 + spare > this.#most',
      'this.#used + spare > this.#most',
    ],
  ]),
  ...rulesOf('src/main/flow/gate.ts', 'gate', [
    [
      'a gate opens when its last reason is gone',
      'if (was !== 0 && this.#why === 0) this.#go();',
      'if (was !== 0) this.#go();',
    ],
    [
      'a gate that several hold shut opens when the last lets go',
      'if (left > 0) return void this.#holders.set(why, left);',
      '',
    ],
  ]),
  ...rulesOf('src/main/flow/socket-writer.ts', 'socket-writer', [
    [
      'a slow reader keeps no more than one block alive',
      'this.#mustCopy = this.#socket.writableLength > 0;',
      'this.#mustCopy = false;',
    ],
    ['a client that takes nothing is noticed', 'if (unsent > this.#mark) this.#onFull();', ''],
  ]),
  ...rulesOf('src/main/clients/reaper.ts', 'reaper', [
    ['what was cut off counts no more', '    this.#held -= largest.held;\n', ''],
    ['the one who holds the most is cut', 'client.held > largest.held', 'client.held < largest.held'],
    [
      'who leaves the most unread is cut',
      'client.unreadBytes > most.unreadBytes',
      'client.unreadBytes < most.unreadBytes',
    ],
  ]),
  ...rulesOf('src/main/clients/address-rates.ts', 'address-rates', [
    ['a rate has an upper bound', 'Math.min(this.#most, known.tokens + (', '(known.tokens + ('],
    [
      'addresses of one network count together',
      "return Buffer.from(bytes.subarray(0, NETWORK_BYTES)).toString('hex');",
      'return address;',
    ],
    [
      'addresses that are remembered are bounded',
      'if (this.#buckets.size >= MOST) this.#buckets.delete(this.#buckets.keys().next().value!);',
      '',
    ],
  ]),
  ...rulesOf('src/main/clients/read-ahead.ts', 'inlet', [
    [
      'what is read ahead of a shut gate is bounded',
      '(this.#bytes >= MARK || !this.#reaper.mayReadAhead)',
      '!this.#reaper.mayReadAhead',
    ],
  ]),
  ...rulesOf('src/main/links/dialler.ts', 'dialler', [
    ['so many dials a second', 'return this.#tokens >= 1;', 'return true;'],
    ['so many dials to one address', 'if (underWay >= this.#limits.dialsPerAddress) return undefined;', ''],
  ]),
  ...rulesOf('src/main/links/exchanges.ts', 'exchanges', [
    ['an address that makes no keys gets few places', 'count < this.#part(1 / 8) && ', ''],
    ['all such addresses together get a quarter', ' && this.#unproven < this.#part(1 / 4)', ''],
    ['an exchange of which nobody hears ends', '    this.#expire(at);\n', ''],
  ]),
  ...rulesOf('src/main/links/dc-link.ts', 'dc-link', [
    [
      'nothing of a link that was hung up is told',
      'if (this.#isDead) return false;\n    this.#owner.linkBytes',
      'this.#owner.linkBytes',
    ],
    ['a connection that does not come about ends', 'this.#timer = this.#env.setTimer(() => this.#late(), within);', ''],
  ]),
  ...rulesOf('src/main/clients/client.ts', 'clients/client', [
    [
      'bad lines in a row end the connection',
      'this.#badLines = isBad ? this.#badLines + 1 : 0;',
      'this.#badLines = 0;',
    ],
    ['a client has so many requests open', 'if (!this.#hasRoom) this.gate.shut(Why.REQUESTS);', ''],
    ['bytes of open requests are bounded', ' && tally.bytes < openBytes', ''],
    [
      'nothing is written behind the last line',
      'if (this.#isClosing) return;\n    this.#services.router.metrics.counts[Count.CLIENT_BYTES_OUT]',
      'this.#services.router.metrics.counts[Count.CLIENT_BYTES_OUT]',
    ],
  ]),
  ...rulesOf('src/main/clients/admission-control.ts', 'admission-control', [
    [
      'wrong tokens from one address are slowed',
      'if (this.#failures.take(address, env.now())) return',
      'if (this.#failures.take(address, env.now()) || limits.tokenFailures > 0) return',
    ],
    ['connections are bounded', ' || connections >= limits.maxConnections', ''],
  ]),
  ...rulesOf('src/main/clients/slow-consumer.ts', 'slow-consumer', [
    ['who does not take answers is not read', '    this.#owner.gate.shut(Why.UNREAD);\n', ''],
    ['the data centres of who does not take answers are not read', '    this.#owner.pauseLinks();\n', ''],
    ['who takes some of his answers has as much time again', 'this.#unsent() === this.#unsentBefore || ', ''],
    ['who leaves far too much unread has no more time', ' || this.unreadBytes > most', ''],
  ]),
];

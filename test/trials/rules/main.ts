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
  ...rulesOf('src/main/sessions/router.ts', 'sessions/router lane', [
    [
      'an answer to a closed ticket goes to nobody',
      'if (attachment === undefined || closed === undefined) return;',
      'if (attachment === undefined) return;\n    if (closed === undefined) return attachment.reply(ticket, this.#give(record), false, 0);',
    ],
    [
      'an answer that waits for the disk waits',
      'if (!isHeld && !session.isCorked) return attachment.reply',
      'if (ticket > 0) return attachment.reply',
    ],
    [
      'a notice waits behind what waits for the disk',
      'if (!session.isCorked) return client.update(this.#give(record));',
      'if (record.kind > 0) return client.update(this.#give(record));',
    ],
    ['who waited for the lane is read on', '    this.#attachments.get(number)?.goOn();\n', ''],
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
  ...rulesOf('src/main/sessions/recovery.ts', 'lane', [
    ['who killed two threads is refused', 'ticket.deaths < 2', 'ticket.deaths < 1e9'],
  ]),
  ...rulesOf('src/main/sessions/open-session.ts', 'open-session recovery client-sessions', [
    ['a session that is over is wiped', '    this.saved.wipe();\n', ''],
    [
      'who hears no updates gets none',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isRetired || attachment.form !== form) continue;',
    ],
    [
      'who speaks elsewhere by now gets no updates',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isMute || attachment.form !== form) continue;',
    ],
    [
      'an update goes to those who hear that form',
      'if (attachment.isMute || attachment.isRetired || attachment.form !== form) continue;',
      'if (attachment.isMute || attachment.isRetired) continue;',
    ],
    [
      'one who reads nothing pauses no links while another reads',
      'for (const { client } of this.attachments) if (!client.isUnread) return false;',
      '',
    ],
    [
      'who comes while a link is full waits with the others',
      'if (this.#isLinkFull) attachment.client.gate.shut(Why.LINK);',
      '',
    ],
    ['a session that lingers ends', '(() => this.close(), wait)', '(() => undefined, wait)'],
    [
      'what was not taken runs alone behind all that is put again',
      'if (!ticket.isTaken) attachment.put(ticket, true);',
      'if (!ticket.isTaken) attachment.put(ticket);',
    ],
    ['what was taken is asked for again, and not begun anew', 'if (ticket.isTaken) this.lane.again', 'this.lane.again'],
    [
      'a session is closed once',
      '    if (this.isClosing) return;\n    this.isClosing = true;',
      '    this.isClosing = true;',
    ],
    ['what a lane is told of a key is zeroed', '      bytes.fill(0);\n', ''],
  ]),
  ...rulesOf('src/main/sessions/client-sessions.ts', 'client-sessions', [
    [
      'sessions of one connection are bounded',
      'if (this.#named.size >= this.#sessions.limits.namesPerConnection && !this.#retireIdle()) return undefined;',
      '',
    ],
    ['who is busy in a session keeps it', '      if (attachment.ledger.size > 0) continue;\n', ''],
    ['who has gone is not moved', "if (this.#isOver) return;\n    if (action === 'as')", "if (action === 'as')"],
  ]),
  ...rulesOf('src/main/sessions/saved-session.ts', 'saved', [
    [
      'the session that was saved is zeroed at its end',
      '    this.#session?.fill(0);\n    this.#session = undefined;',
      '    this.#session = undefined;',
    ],
    ['the block that a saved session came in is zeroed', '    view.fill(0);\n', ''],
    [
      'what was saved before is zeroed',
      '    this.#session?.fill(0);\n    this.#session = Buffer',
      '    this.#session = Buffer',
    ],
    [
      'ids that are saved are bounded',
      'const gone = Math.min(this.#idsLength, Math.max(needed - MOST_IDS, MOST_IDS / 8));',
      'const gone = 0;',
    ],
  ]),
  ...rulesOf('src/main/sessions/ledger.ts', 'ledger clients/client', [
    ['bytes of answered requests count no more', '    this.#tally.bytes -= found.stop - found.start;\n', ''],
  ]),
  ...rulesOf('src/main/names/record-writer.ts', 'record-writer session-registry', [
    [
      'a client is told only when the newest urgent record is on the disk',
      '    if (!this.#isDue) this.uncork();',
      '    this.uncork();',
    ],
    ['a record that was replaced is zeroed', '    this.#unwritten?.fill(0);\n', ''],
    ['a record that was written is zeroed', '        record.fill(0);\n        this.#written', '        this.#written'],
    ['a write that failed is tried again', '    this.#nowIn(waitAfter(this.#failures));\n', ''],
    [
      'a record that failed does not replace a newer one',
      'if (this.#unwritten === undefined) this.#unwritten = record;\n    else record.fill(0);',
      'this.#replace(record);',
    ],
    ['a record that failed is zeroed where a newer one stands', '    else record.fill(0);\n', ''],
  ]),
  ...rulesOf('src/main/names/ownership.ts', 'session-registry', [
    ['a record that was handed over is zeroed', '    this.#record.fill(0);\n', ''],
  ]),
  ...rulesOf('src/main/names/session-registry.ts', 'session-registry', [
    ["the vault's copy of a record is zeroed", '      claim.record?.fill(0);\n', ''],

    [
      'the bytes of a record are zeroed where they stood',
      '    bytes.fill(0);\n    if (ownership === undefined)',
      '    if (ownership === undefined)',
    ],
    ['a session that has gone gets no name', 'if (owner.isClosing) return;', ''],
    [
      'a name has one owner',
      'if (before.owner?.isClosing === false || before.writer.isFailing) {',
      'if (before.writer.isFailing) {',
    ],
    [
      'a name whose last record cannot be written is not handed on',
      'if (before.owner?.isClosing === false || before.writer.isFailing) {',
      'if (before.owner?.isClosing === false) {',
    ],
    ['a refusal comes behind what was put', '        await Promise.resolve();\n', ''],
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
  ...rulesOf('src/main/names/request-keys.ts', 'request-keys', [
    [
      'a message goes once its key is on the disk',
      'await outcomes.write(name, first.key, row);',
      'void outcomes.write(name, first.key, row);',
    ],
    [
      'a key belongs to its message',
      "if (!isSame(open.first.fingerprint, asker.fingerprint)) return say(asker, { verdict: 'reused' });",
      '',
    ],
    ['an answer waits until its outcome is stored', "    open.stage = 'ending';\n", ''],
    [
      'what was sent by a lost session is unknown',
      "?.isSent === false ? 'free' : 'unknown'",
      "?.isSent === false ? 'free' : 'free'",
    ],
  ]),
];

/**
 * Faults of packets: lost, late, doubled, changed on their way, or followed by what no server sends (protocol: Unencrypted messages; Receiving; Transports).
 * In: packets. Out: other packets. Never: a change of what the DC knows.
 *
 * A bad packet goes out before the true one: a client that drops the connection gets the true one again
 * on the next; a client that ignores the bad packet goes on.
 */
import { DcConnection } from '../wire/dc-connection.ts';
import type { ServerSession } from '../protocol/server-session.ts';
import { AT, forged, opened, withPadding } from './forge.ts';
import type { How, FaultKind, FaultKinds } from './kind.ts';

/** The usual chance of a fault at each packet. */
const USUAL = 0.000_15;

function isEncrypted(packet: Uint8Array): boolean {
  return packet.length >= 72 && packet.subarray(0, 8).some((byte) => byte !== 0);
}

/** Whether a packet is one answer alone: packets with updates may not change their order. */
function isAnswer({ connection, packet }: { connection: DcConnection; packet: Uint8Array }): boolean {
  if (connection.key === undefined || !isEncrypted(packet)) return false;
  return ANSWERS.has(opened(connection.key.authKey, packet).readUInt32LE(AT.body));
}

/** rpc_result, pong, msgs_state_info. */
const ANSWERS = new Set([0xf35c6d01, 0x347773c5, 0x04deb57d]);

/**
 * Handles a packet late: the client may have sent its messages again meanwhile, inside a container, or so many others that these
 * are older than what is remembered.
 */
function handleAsIs(connection: DcConnection, packet: Buffer, how: How): void {
  how.excuse(connection, 'resent-bare', 'msg-id-reused', 'msg-id-too-old');
  connection.handle(packet);
}

/** Handles a packet on the connection that the session now speaks through, if any. */
function handleLate({ link }: ServerSession, packet: Buffer, how: How): void {
  if (link instanceof DcConnection) handleAsIs(link, packet, how);
}

/** A fault that sends a transport error in place of handling a packet. */
function status(code: (how: How) => number, about: string, usual: number): FaultKind<'incoming'> {
  return {
    moment: 'incoming',
    about,
    usual,
    play({ connection }, how) {
      connection.refuse(how.number('code', code(how)));
      return undefined;
    },
  };
}

/** Faults of a client's packets by name. */
export const INCOMING: FaultKinds<'incoming'> = {
  'transport.404': status(() => -404, 'transport error -404', USUAL),
  'transport.429': status(() => -429, 'transport error -429', USUAL / 4),
  'transport.444': status(() => -444, 'transport error -444', USUAL / 4),
  'transport.other': status((how) => how.dice.one([-1, -400, -403, -500, -503, -99_999]), 'another one', USUAL),
  'transport.noise': status((how) => 16 + how.dice.below(0x7ffffff0), 'a packet of four bytes of noise', USUAL),
  'transport.404-twice': {
    moment: 'incoming',
    about: 'the DC has forgotten the key: -404 from now on',
    usual: USUAL / 20,
    suits: ({ connection }) => connection.key !== undefined,
    play({ connection, packet }, how) {
      // The client comes once more with the key, on another connection.
      how.excuse(undefined, 'key-unknown');
      how.dc.forgetKey(connection.key!);
      how.dc.world.signOut(connection.key!);
      connection.key = undefined;
      return packet;
    },
  },
  'packet.lost-up': {
    moment: 'incoming',
    about: 'a packet of the client is lost inside the DC',
    usual: USUAL,
    play: () => undefined,
  },
  'packet.late-up': {
    moment: 'incoming',
    about: 'a packet of the client is handled later than those after it',
    usual: USUAL,
    // Not the first packet of a session: `new_session_created` would call it lost.
    suits: ({ connection }) => connection.session !== undefined,
    play({ connection, packet }, how) {
      const kept = Buffer.from(packet);
      how.dc.world.env.after(how.number('ms', 5 + how.dice.below(500)), () => handleAsIs(connection, kept, how));
      return undefined;
    },
  },
  'packet.after-cut': {
    moment: 'incoming',
    about: 'the connection breaks, and a packet of it is handled when the session speaks on the next',
    usual: USUAL,
    suits: ({ connection }) => connection.session !== undefined,
    play({ connection, packet }, how) {
      const { session } = connection;
      const kept = Buffer.from(packet);
      how.dc.world.env.after(how.number('ms', 200 + how.dice.below(2_000)), () => handleLate(session!, kept, how));
      connection.reset();
      return undefined;
    },
  },
  'packet.replay-up': {
    moment: 'incoming',
    about: 'somebody sends a packet of the client a second time',
    usual: USUAL,
    play({ connection, packet }, how) {
      // A container under a known id is answered by code 19.
      how.excuse(connection, 'resent-bare', 'msg-id-reused');
      connection.handle(packet);
      return packet;
    },
  },
  'session.forget': {
    moment: 'incoming',
    about: 'the DC forgets the session and all it was about to answer',
    usual: USUAL,
    suits: ({ connection }) => connection.session !== undefined,
    play({ connection, packet }) {
      const session = connection.session!;
      session.key.sessions.delete(session.idLow, session.idHigh);
      session.detach(connection);
      connection.session = undefined;
      return packet;
    },
  },
  'hangup.fin': {
    moment: 'incoming',
    about: 'the DC closes in place of handling a packet',
    usual: USUAL * 2,
    play({ connection }) {
      connection.hangUp();
      return undefined;
    },
  },
  'hangup.rst': {
    moment: 'incoming',
    about: 'the DC resets in place of handling a packet',
    usual: USUAL * 2,
    play({ connection }) {
      connection.reset();
      return undefined;
    },
  },
  'hangup.after': {
    moment: 'incoming',
    about: 'the DC handles a packet and closes before it answers',
    usual: USUAL * 2,
    play({ connection, packet }) {
      connection.handle(packet);
      connection.reset();
      return undefined;
    },
  },
};

/** A fault that sends a bad packet before the true one. */
function extra(
  about: string,
  make: (at: Out, how: How) => Uint8Array | undefined,
  usual = USUAL,
): FaultKind<'outgoing'> {
  return {
    moment: 'outgoing',
    about,
    usual,
    suits: ({ connection, packet }) => connection.key !== undefined && isEncrypted(packet),
    play(at, how) {
      // `at.packet` is a view of the kernel's memory, which the next seal overwrites.
      const packet = Buffer.from(at.packet);
      const bad = make({ connection: at.connection, packet }, how);
      if (bad !== undefined) at.connection.packetAsIs(bad);
      return packet;
    },
  };
}

/** A true packet about to go out. */
interface Out {
  readonly connection: DcConnection;
  readonly packet: Buffer;
}

/** A fault that sends the true packet with its plaintext changed, before it. */
function changed(about: string, edit: (plain: Buffer, how: How) => Buffer, usual = USUAL): FaultKind<'outgoing'> {
  return extra(
    about,
    ({ connection, packet }, how) => forged(connection.key!.authKey, packet, (plain) => edit(plain, how)),
    usual,
  );
}

function set(plain: Buffer, write: (plain: Buffer) => void): Buffer {
  write(plain);
  return plain;
}

/** Moves the msg_id of a plaintext by so many seconds. */
function moved(plain: Buffer, seconds: number): Buffer {
  return set(plain, (p) => p.writeInt32LE((p.readInt32LE(AT.msgId + 4) + seconds) | 0, AT.msgId + 4));
}

/** A fault that sends stream bytes that are no frame. */
function stream(about: string, make: (how: How) => Buffer): FaultKind<'outgoing'> {
  return {
    moment: 'outgoing',
    about,
    usual: USUAL,
    play({ connection, packet }, how) {
      const kept = Buffer.from(packet);
      connection.bytesAsIs(make(how));
      return kept;
    },
  };
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}

/** An earlier packet of each connection, for replays. */
const earlier = new WeakMap<DcConnection, Buffer>();

/** Faults of the DC's packets by name. */
export const OUTGOING: FaultKinds<'outgoing'> = {
  'packet.lost-down': {
    moment: 'outgoing',
    about: 'a packet with an answer is lost; what is not acknowledged comes again on the next connection',
    usual: USUAL,
    suits: isAnswer,
    play: () => undefined,
  },
  'packet.late-down': {
    moment: 'outgoing',
    about: 'a packet with an answer is overtaken by those after it',
    usual: USUAL,
    suits: isAnswer,
    play({ connection, packet }, how) {
      const kept = Buffer.from(packet);
      how.dc.world.env.after(how.number('ms', 5 + how.dice.below(500)), () => connection.packetAsIs(kept));
      return undefined;
    },
  },
  'packet.twice': extra('a packet of the DC comes twice', ({ packet }) => packet),
  'packet.replay': extra('an older packet of the connection comes again', ({ connection, packet }) => {
    const older = earlier.get(connection);
    earlier.set(connection, packet);
    return older ?? packet;
  }),
  'packet.flip': extra('a packet with a flipped bit', ({ packet }, how) => {
    const flipped = Buffer.from(packet);
    flipped[8 + how.dice.below(packet.length - 8)]! ^= 1 << how.dice.below(8);
    return flipped;
  }),
  'packet.msg-key': extra('a packet with a wrong msg_key', ({ packet }, how) =>
    Buffer.concat([packet.subarray(0, 8), how.dice.bytes(16), packet.subarray(24)]),
  ),
  'packet.key-id': extra('a packet under another auth_key_id', ({ packet }, how) =>
    Buffer.concat([how.dice.bytes(8), packet.subarray(8)]),
  ),
  'packet.blocks': extra('a packet that is not whole blocks', ({ packet }) => packet.subarray(0, packet.length - 4)),
  'packet.short': extra('a packet shorter than any can be', ({ packet }, how) =>
    packet.subarray(0, how.number('bytes', 8 + 4 * how.dice.below(10))),
  ),
  'packet.garbage': extra('a packet of noise', (_at, how) => how.dice.bytes(4 * (5 + how.dice.below(200)))),
  'packet.plain': extra('an unencrypted packet after the handshake', (_at, how) =>
    Buffer.concat([Buffer.alloc(8), how.dice.bytes(8), word(20), how.dice.bytes(20)]),
  ),
  'packet.session-id': changed('a packet of another session', (plain, how) =>
    set(plain, (p) => p.set(how.dice.bytes(8), AT.session)),
  ),
  'packet.even-id': changed('a packet whose msg_id is a client’s', (plain) =>
    set(plain, (p) => p.writeUInt8(p.readUInt8(AT.msgId) & 0xfc, AT.msgId)),
  ),
  'packet.old-id': changed('a packet whose msg_id is more than 300 s old', (plain, how) =>
    moved(plain, -how.number('s', 301 + how.dice.below(10_000))),
  ),
  'packet.future-id': changed('a packet whose msg_id lies more than 30 s ahead', (plain, how) =>
    moved(plain, how.number('s', 40 + how.dice.below(10_000))),
  ),
  'packet.salt': changed('a packet with a salt of nobody’s', (plain, how) =>
    set(plain, (p) => p.set(how.dice.bytes(8), AT.salt)),
  ),
  'packet.padding-none': changed('a packet without padding', (plain) => withPadding(plain, 0)),
  'packet.padding-short': changed('a packet with 11 bytes of padding or fewer', (plain, how) =>
    withPadding(plain, how.number('bytes', how.dice.one([4, 8, 11]))),
  ),
  'packet.padding-long': changed('a packet with more than 1024 bytes of padding', (plain, how) =>
    withPadding(plain, how.number('bytes', how.dice.one([1028, 1040, 4096]))),
  ),
  'packet.length': changed('a packet whose length field lies', (plain, how) =>
    set(plain, (p) => p.writeInt32LE(how.dice.one([-4, -1, 0x7fffffff, plain.length, 3, 5]), AT.length)),
  ),
  'frame.huge': stream('the head of a frame of two gigabytes', () => word(0x7fffffff)),
  'frame.garbage': stream('noise in place of frames', (how) => how.dice.bytes(1 + how.dice.below(64))),
};

/**
 * Golden vectors of the protocol, computed by a script that shares nothing with this project (it first reproduced
 * the published tests of mtcute and gotd). The prime is the one Telegram's servers send.
 */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** n bytes, byte i = value(i). */
export const ramp = (n: number, value: (i: number) => number = (i) => i): Buffer =>
  Buffer.from(Uint8Array.from({ length: n }, (_, i) => value(i)));

export const AUTH_KEY = ramp(256, (i) => 7 * i + 1);
export const AUTH_KEY_ID = '1594015ebc218c04';
export const AUX_HASH = 'e12f557785a08585';

export const DH_PRIME = hex(`
c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db
fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64
2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41
0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4
e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf
6f4fadf034b10403119cd8e3b92fcc5b`);

/** A1: salt 0x0102030405060708, session 0x1112131415161718, msg_id 0x6500000012345678, seq_no 1, a ping. */
export const A1 = {
  head: {
    saltLow: 0x05060708,
    saltHigh: 0x01020304,
    sessionLow: 0x15161718,
    sessionHigh: 0x11121314,
    msgIdLow: 0x12345678,
    msgIdHigh: 0x65000000,
    seqNo: 1,
  },
  body: hex('ec77be7a8877665544332211'),
  client: {
    msgKey: 'de07067d1ad019b0a2484609e2aca750',
    ciphertext: `445854b5d3250dd5c7d4d4090767dc2c8951a1c6042fb492e1b3eb6e077ced99
      0d6c5dd6feb785deeb63559f0e9627bdfbf2e966a3aa6f2fb54c48e9d153caf3`,
  },
  server: {
    msgKey: '0fc2a8659c081ab21bb5f980d3b5bba7',
    ciphertext: `500504083d9f5634e40efbe26b7958a387bcd431356e07c18ae2383a730efb5b
      74263b511338f61f908f866b2daeb0edb6cd9216b78a746eacb185431f578d3d`,
  },
};

/** A2: the bind message under MTProto 1.0. */
export const A2 = `1594015ebc218c0421e89f413a950264dc5489dc4c0e5021c67c676293ab5fa22e9df3d0f891d682
  8d209e8282d64957c4c4045234157b30ed0e9d5b71e7e98cbcb24fbe32617b4e61fd0170ae857e75
  6904f2c10a3d8d01bbdbe68a00e154c4d9b0d905b20ce5d2`;

/** A3: server_nonce = 00..0f, new_nonce = 20..3f. */
export const A3 = {
  key: '867aae22fba1fba9ab6d4eb1e5f965bd036d84f3a867f358bbf91beae86c38e9',
  iv: 'a6d3105c0138f8b458b1c56a7fe8c6e6e1436b219d7f2c12af8f95b420212223',
  hashes: ['5b8fe1d19e63b7c8240e79e1c4314fcf', '4fc4e028ebd0dd73b0e8c0712a0038ea', 'c6ab2eeb24d25b177a958999cf39853e'],
};

/** A4: key 00..1f, iv 00..1f, 32 zero bytes. */
export const A4 = '4a7f16441cee6781e8374f261edeb88dc77147ebd5121de8d0fae7762423b6bf';

/** A5: production key, 144 x 61, padding and temp_key zero: SHA-256 of the result. */
export const A5 = 'e7f8903bc62da5a0fd544abd09f2ea52a8af7034d30ae3151c1329a451671321';

/** A6: SRP with the known prime, g = 3, password "correct horse". */
export const A6 = {
  x: '727c27521fe06456759482322fe4ab46e9dfaccc24033763a399dce6d2f986ac',
  gbHash: '0fd238e5ed5516244dad6ca414bc2a488b351f1f57c484ac88aa54b9866e97f1',
  gaHash: 'a8368896e7c48597d2fde7eeb65d0a9e876359816f4de1caf5a20c1142d71225',
  m1: '683acb3f79b687208249710658017a813ec826f97a32ec381e4eabd74f4791cc',
};

/** A7: init byte i = 11 i + 3, DC 2, intermediate. */
export const A7 = {
  tail: '794fc70c9e8d742b',
  frame: 'e124bab831059939954b2eff7a1c9722',
  tailWithSecret: '5596d6ed47907f56',
  receiveStream: 'ee339dbb73d7dc92b219fb34d2b1a06d',
};

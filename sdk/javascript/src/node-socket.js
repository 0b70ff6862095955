/**
 * The part of the browser's WebSocket that the SDK uses, for a Node that has none (before 22): RFC 6455
 * over Node's own HTTP client, without extensions.
 */

import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const CLOSE_TIMEOUT_MS = 2000;

export class NodeSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  #socket = null;
  #unread = Buffer.alloc(0);
  #message = [];
  #messageKind = TEXT;
  #isOver = false;
  #closeSent = false;

  constructor(url) {
    const key = randomBytes(16).toString('base64');
    const address = new URL(url.replace(/^ws/, 'http'));
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13' };
    const request = (address.protocol === 'https:' ? https : http).request(address, { headers });
    request.on('upgrade', (response, socket, head) => this.#opened(response, socket, head, key));
    request.on('response', (response) => {
      response.resume();
      this.#over(1006, `status ${response.statusCode}`);
    });
    request.on('error', (error) => this.#over(1006, error.message));
    request.end();
  }

  send(data) {
    if (typeof data === 'string') this.#write(TEXT, Buffer.from(data));
    else this.#write(BINARY, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }

  close(code = 1000) {
    if (!this.#socket) return this.#over(1006, 'closed before it was open');
    this.#sendClose(code);
    setTimeout(() => this.#socket.destroy(), CLOSE_TIMEOUT_MS).unref();
  }

  #opened(response, socket, head, key) {
    const expected = createHash('sha1').update(key + GUID).digest('base64');
    if (response.headers['sec-websocket-accept'] !== expected) {
      socket.destroy();
      return this.#over(1006, 'the server does not speak WebSocket');
    }
    if (this.#isOver) return socket.destroy();
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#received(bytes));
    socket.on('error', (error) => this.#over(1006, error.message));
    socket.on('close', () => this.#over(1006, 'the connection broke'));
    this.onopen?.({});
    if (head.length) this.#received(head);
  }

  #received(bytes) {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (let frame; (frame = readFrame(this.#unread)); ) {
      this.#unread = this.#unread.subarray(frame.size);
      this.#take(frame);
    }
  }

  #take({ opcode, isFinal, payload }) {
    if (opcode === PING) return this.#write(PONG, payload);
    if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE() : 1005;
      this.#sendClose(1000);
      this.#socket.end();
      return this.#over(code, payload.subarray(2).toString());
    }
    if (opcode === PONG) return undefined;
    if (opcode !== CONTINUATION) this.#messageKind = opcode;
    this.#message.push(payload);
    if (!isFinal) return undefined;
    const whole = Buffer.concat(this.#message);
    this.#message = [];
    const data = this.#messageKind === TEXT ? whole.toString() : whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
    return this.onmessage?.({ data });
  }

  #sendClose(code) {
    if (this.#closeSent) return;
    this.#closeSent = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#write(CLOSE, payload);
  }

  #write(opcode, payload) {
    if (this.#socket?.writable) this.#socket.write(frameOf(opcode, payload));
  }

  #over(code, reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onclose?.({ code, reason });
  }
}

/** The first whole frame in `bytes`, or null. A server's frames are not masked. */
function readFrame(bytes) {
  if (bytes.length < 2) return null;
  let size = bytes[1] & 127;
  let at = 2;
  if (size === 126) [size, at] = bytes.length < 4 ? [Infinity, 4] : [bytes.readUInt16BE(2), 4];
  else if (size === 127) [size, at] = bytes.length < 10 ? [Infinity, 10] : [Number(bytes.readBigUInt64BE(2)), 10];
  if (bytes.length < at + size) return null;
  return { opcode: bytes[0] & 15, isFinal: (bytes[0] & 128) !== 0, payload: bytes.subarray(at, at + size), size: at + size };
}

function frameOf(opcode, payload) {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 128 | opcode;
  header[1] = 128 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let i = 0; i < length; i++) masked[i] ^= mask[i & 3];
  return Buffer.concat([header, mask, masked]);
}

// SHA-256 for pages that are not secure, where the browser gives none.

const ROUNDS = 64;
const BLOCK = 64;
const primes = [];
for (let number = 2; primes.length < ROUNDS; number += 1) {
  if (primes.every((prime) => number % prime)) primes.push(number);
}
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const BEGIN = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ADDED = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));

const turn = (word, by) => (word >>> by) | (word << (32 - by));

function mix(state, words, view, at) {
  for (let round = 0; round < 16; round += 1) words[round] = view.getInt32(at + round * 4);
  for (let round = 16; round < ROUNDS; round += 1) {
    const early = words[round - 15];
    const late = words[round - 2];
    const first = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const second = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[round] = words[round - 16] + first + words[round - 7] + second;
  }
  // Word by word: an array that is taken apart here makes it three times slower.
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let round = 0; round < ROUNDS; round += 1) {
    const high = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const next = (h + high + ((e & f) ^ (~e & g)) + ADDED[round] + words[round]) | 0;
    const low = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const after = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + next) | 0;
    d = c;
    c = b;
    b = a;
    a = (next + after) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** Return the checksum of a Uint8Array in hexadecimal. */
export function sha256(bytes) {
  const state = Int32Array.from(BEGIN);
  const words = new Int32Array(ROUNDS);
  const whole = bytes.length - (bytes.length % BLOCK);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < whole; at += BLOCK) mix(state, words, view, at);
  const rest = bytes.length - whole;
  const end = new Uint8Array(rest + 9 > BLOCK ? 2 * BLOCK : BLOCK);
  end.set(bytes.subarray(whole));
  end[rest] = 0x80;
  const last = new DataView(end.buffer);
  last.setBigUint64(end.length - 8, BigInt(bytes.length) * 8n);
  for (let at = 0; at < end.length; at += BLOCK) mix(state, words, last, at);
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

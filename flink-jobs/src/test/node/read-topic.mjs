// Reads a snapshot topic as serde/SNAPSHOT-FORMAT.md says, and runs the newest good snapshot's network on its golden rows.
//
//   node read-topic.mjs BROKERS TOPIC [PUBLIC_KEY.pem KEY_ID]
//
// One line of JSON on standard output; exit code 1 if no snapshot of the topic is good.
import {createHash, createPublicKey, verify} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {Kafka, logLevel} from 'kafkajs';
import * as ort from 'onnxruntime-node';

const CHUNK_BYTES = 524_288;
const TOLERANCE = 1e-5;
const [brokers, topic, keyFile, keyId] = process.argv.slice(2);
const publicKey = keyFile === undefined ? null : createPublicKey(readFileSync(keyFile));

const CRC32C = new Uint32Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc;
});

function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc = CRC32C[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function expect(condition, what) {
  if (!condition) {
    throw new Error(what);
  }
}

/** The manifest of a record, its seal checked. What is signed and what is summed is found by cutting from the end. */
function manifestOf(bytes) {
  const sealStart = bytes.length - ',"manifest_crc32c":"00000000"}'.length;
  expect(bytes.subarray(sealStart).toString().startsWith(',"manifest_crc32c":"'), 'the manifest has no checksum');
  const manifest = JSON.parse(bytes.toString());
  expect(crc32c(bytes.subarray(0, sealStart)) === manifest.manifest_crc32c, 'the checksum of the manifest is wrong');
  expect(manifest.format === 2, `found format ${manifest.format}, expected 2`);
  if (publicKey !== null) {
    expect(manifest.key_id === keyId, `signed with the key ${manifest.key_id}, expected ${keyId}`);
    const signatureStart = sealStart - (',"signature":""'.length + 88);
    const signature = Buffer.from(manifest.signature, 'base64');
    expect(verify(null, bytes.subarray(0, signatureStart), publicKey, signature), 'the signature is wrong');
  }
  return manifest;
}

/** The files of a manifest by name, put together from the chunks of its version, every checksum checked. */
function filesOf(manifest, chunks) {
  const content = Buffer.concat(manifest.chunk_crc32c.map((crc, index) => {
    const length = Math.min(CHUNK_BYTES, manifest.bytes - index * CHUNK_BYTES);
    const good = (chunks.get(index) ?? []).find((chunk) => chunk.length === length && crc32c(chunk) === crc);
    expect(good !== undefined, `chunk ${index} is missing or torn`);
    return good;
  }));
  expect(sha256(content) === manifest.sha256, 'the SHA-256 of the content is wrong');
  const files = new Map();
  let offset = 0;
  for (const {name, bytes, sha256: expected} of manifest.files) {
    const file = content.subarray(offset, offset + bytes);
    expect(sha256(file) === expected, `the SHA-256 of ${name} is wrong`);
    files.set(name, file);
    offset += bytes;
  }
  return files;
}

/** Scores the golden rows; how many, and how far off the trainer's own predictions at most (of 1 or of the prediction). */
async function checkGolden(manifest, files) {
  const {rows} = JSON.parse(files.get(manifest.golden).toString());
  const session = await ort.InferenceSession.create(files.get('network.onnx'));
  const tensor = (name) =>
    new ort.Tensor('float32', Float32Array.from(rows.flatMap((row) => row[name])), [rows.length, rows[0][name].length]);
  const outputs = await session.run({x: tensor('x'), bias: tensor('bias')});
  let off = 0;
  rows.forEach((row, i) => manifest.tasks.forEach((task, t) => {
    const expected = row.predictions[t];
    off = Math.max(off, Math.abs(outputs[task].data[i] - expected) / Math.max(1, Math.abs(expected)));
  }));
  expect(off <= TOLERANCE, `golden rows are off by ${off}`);
  return {rows: rows.length, off};
}

/** Every record of partition 0, from the first to the end as of now. */
async function records() {
  const kafka = new Kafka({brokers: brokers.split(','), logLevel: logLevel.NOTHING});
  const admin = kafka.admin();
  await admin.connect();
  const {low, high} = (await admin.fetchTopicOffsets(topic)).find(({partition}) => partition === 0);
  await admin.disconnect();
  const found = [];
  if (low === high) {
    return found;
  }
  const consumer = kafka.consumer({groupId: `snapshot-reader-${process.pid}`});
  await consumer.connect();
  await consumer.subscribe({topic, fromBeginning: true});
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({payload}) => reject(payload.error));
    consumer.run({
      autoCommit: false,
      eachMessage: async ({message}) => {
        found.push(message);
        if (BigInt(message.offset) === BigInt(high) - 1n) {
          resolve();
        }
      },
    });
  });
  await consumer.disconnect();
  return found;
}

const chunksByVersion = new Map();
const refused = [];
let newest = null;
for (const {key, value} of await records()) {
  const [version, kind, index] = key.toString().split('/');
  if (kind === 'chunk') {
    const chunks = chunksByVersion.get(version) ?? new Map();
    chunksByVersion.set(version, chunks.set(Number(index), [...(chunks.get(Number(index)) ?? []), value]));
    continue;
  }
  try {
    const manifest = manifestOf(value);
    const golden = await checkGolden(manifest, filesOf(manifest, chunksByVersion.get(version) ?? new Map()));
    newest = {version, sha256: manifest.sha256, tasks: manifest.tasks, golden};
  } catch (problem) {
    refused.push({version, problem: problem.message});
  }
}
console.log(JSON.stringify({newest, refused}));
process.exit(newest === null ? 1 : 0);

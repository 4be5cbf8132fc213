// Scores requests with a self-contained model, as serde/SNAPSHOT-FORMAT.md says: texts in, predictions out.
//
//   node score-self-contained.mjs MODEL.onnx REQUESTS.json
//
// Requests: [{"ids": {feature: [text]}, "numbers": [number], "predictions": {task: number}}]. One line of JSON on standard
// output; exit code 1 if a prediction is off.
import {readFileSync} from 'node:fs';
import * as ort from 'onnxruntime-node';

const TOLERANCE = 1e-5;
const [modelFile, requestsFile] = process.argv.slice(2);
const requests = JSON.parse(readFileSync(requestsFile));
const session = await ort.InferenceSession.create(modelFile);
const utf8 = new TextEncoder();

const features = session.inputNames.filter((name) => name.startsWith('ids.')).map((name) => name.slice('ids.'.length));
const texts = requests.map(({ids}) => Object.fromEntries(features.map((f) => [f, ids[f].map((id) => utf8.encode(id))])));
const bytes = Math.max(1, ...texts.flatMap((of) => features.flatMap((f) => of[f].map((text) => text.length))));
const feeds = {};
for (const feature of features) {
  const count = Math.max(1, ...texts.map((of) => of[feature].length));
  const data = new Uint8Array(requests.length * count * bytes);
  const lengths = new BigInt64Array(requests.length * count).fill(-1n);
  texts.forEach((of, i) => of[feature].forEach((text, place) => {
    data.set(text, (i * count + place) * bytes);
    lengths[i * count + place] = BigInt(text.length);
  }));
  feeds[`ids.${feature}`] = new ort.Tensor('uint8', data, [requests.length, count, bytes]);
  feeds[`lengths.${feature}`] = new ort.Tensor('int64', lengths, [requests.length, count]);
}
if (session.inputNames.includes('numbers')) {
  const numbers = Float32Array.from(requests.flatMap((request) => request.numbers));
  feeds.numbers = new ort.Tensor('float32', numbers, [requests.length, numbers.length / requests.length]);
}
const outputs = await session.run(feeds);
let off = 0;
requests.forEach(({predictions}, i) => Object.entries(predictions).forEach(([task, expected]) => {
  off = Math.max(off, Math.abs(outputs[task].data[i] - expected) / Math.max(1, Math.abs(expected)));
}));
console.log(JSON.stringify({requests: requests.length, features, off}));
process.exit(off <= TOLERANCE ? 0 : 1);

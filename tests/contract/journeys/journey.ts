// A front end's round trip with a client that never saw the service's code: rule, posts, pages, stream, problem.
import assert from "node:assert/strict";

import { client } from "./client/client.gen.ts";
import * as api from "./client/sdk.gen.ts";
import type { MentionIn, Problem } from "./client/types.gen.ts";

const POSTS = 12;
const key = process.env["KEY"];
const baseUrl = process.env["URL_OF_SERVICE"];
// The operation that streams events, where the contract has one.
const streaming = process.env["STREAM"];
assert(key && baseUrl);
client.setConfig({ baseUrl, auth: () => key });

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within 30 s`);
}

function post(brand: string, n: number): MentionIn {
  return { platform: "weibo", external_id: `${brand}-${n}`, text: `${brand}差评`, likes: 100 + n };
}

async function follow(): Promise<string> {
  const open = (api as unknown as Record<string, (options: object) => Promise<{ stream: AsyncIterable<unknown> }>>)[
    streaming ?? ""
  ];
  assert(open, `${streaming} is in the client`);
  // Leaving the loop does not end the client's connection, and Node would wait for it.
  const done = new AbortController();
  const { stream } = await open({ signal: AbortSignal.any([done.signal, AbortSignal.timeout(30_000)]) });
  for await (const event of stream) {
    const { type } = event as { type: string };
    if (type !== "incident.opened") continue;
    done.abort();
    return type;
  }
  throw new Error("the stream ended before the incident was opened");
}

const brand = `往返${Date.now()}`;
const followed = streaming ? follow() : Promise.resolve("no stream");
// The client says nothing of its connection being open; what comes before that is another listener's.
if (streaming) await new Promise((resolve) => setTimeout(resolve, 1_000));

const rule = await api.createWatchRule({
  body: { name: brand, brand_words: [brand], negative_words: ["差评"], harm_class: "user_rights" },
});
assert(rule.data, JSON.stringify(rule.error));
assert.equal(rule.response?.status, 201);

for (let n = 0; n < POSTS / 2; n++) {
  const receipt = await api.postMention({ body: post(brand, n) });
  assert(receipt.data, JSON.stringify(receipt.error));
  assert.equal(receipt.data.created, true);
}
const rest = Array.from({ length: POSTS / 2 }, (_, n) => post(brand, POSTS / 2 + n));
const batch = await api.postMentionBatch({ body: { items: [...rest, { ...rest[0]!, likes: -1 }] } });
assert(batch.data, JSON.stringify(batch.error));
assert.deepEqual([batch.data.accepted, batch.data.refused], [POSTS / 2, 1]);
assert.deepEqual(batch.data.results.at(-1)?.problem?.pointers, [`/items/${POSTS / 2}/likes`]);

const ruleId = rule.data.id;
const incident = await until("the incident", async () => {
  const page = await api.listIncidents({ query: { rule_id: ruleId } });
  return page.data?.data.find((one) => one.mention_count === POSTS);
});
assert.equal(incident.harm_class, "user_rights");

const seen = new Set<string>();
let cursor: string | undefined;
do {
  const page = await api.listMentions({ query: { rule_id: ruleId, limit: 5, ...(cursor ? { cursor } : {}) } });
  assert(page.data, JSON.stringify(page.error));
  assert(page.data.data.length <= 5);
  for (const mention of page.data.data) seen.add(mention.id);
  cursor = page.data.next_cursor ?? undefined;
  assert.equal(page.data.has_more, cursor !== undefined);
} while (cursor);
assert.equal(seen.size, POSTS);

const refused = await api.createWatchRule({ body: { name: "", brand_words: [] } });
assert.equal(refused.response?.status, 422);
const problem: Problem | undefined = refused.error;
assert(problem && problem.code === "invalid");
assert.deepEqual(problem.errors.map((fault) => fault.pointer).sort(), ["/brand_words", "/name"]);

const nothing = await api.getIncident({ path: { incident_id: ruleId }, headers: { "Accept-Language": "zh-CN" } });
assert(nothing.error && nothing.error.code === "not_found");
assert.equal(nothing.error.title, "资源不存在");

console.log(`${POSTS} posts, ${seen.size} read in pages, stream: ${await followed}`);

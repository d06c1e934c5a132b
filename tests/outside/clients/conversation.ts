// A conversation through the types that openapi-typescript makes of the document, without a cast.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type ChatRequest = components["schemas"]["ChatRequest"];
type Event = components["schemas"]["Event"];

const api = createClient<paths, "application/json">({ baseUrl: process.env.PUERTO ?? "" });
const me = { email: `${crypto.randomUUID()}@example.org`, full_name: "Ada", password: crypto.randomUUID() };
const registered = await api.POST("/api/auth/register", { body: me });
if (!registered.data) throw new Error(registered.error.error.message);
const token = registered.data.access_token;
api.use({ onRequest: ({ request }) => request.headers.set("Authorization", `Bearer ${token}`) });

let conversation_id: string | null = null;
for (const message of ["What is 17 * 23?", "And multiply that by 2?"]) {
  const body: ChatRequest = { message, conversation_id };
  const { data, error } = await api.POST("/api/chat", { body });
  if (!data) throw new Error(error.error.message);
  conversation_id = data.conversation_id;
  console.log(data.message, data.usage.total_tokens, data.tool_calls.map((call) => call.tool));
}

const streamed = await api.POST("/api/chat", {
  body: { message: "And add 1?", conversation_id, stream: true },
  parseAs: "stream",
});
let rest = "";
for await (const bytes of streamed.data ?? []) {
  const blocks = (rest + Buffer.from(bytes).toString()).split("\n\n");
  rest = blocks.pop() ?? "";
  for (const line of blocks.flatMap((block) => block.split("\n"))) {
    if (!line.startsWith("data: ")) continue;
    const event: Event = JSON.parse(line.slice(6));
    if (event.type === "message") console.log(event.content);
    if (event.type === "done") console.log(event.status, event.usage.total_tokens);
  }
}

const page = await api.GET("/api/conversations", { params: { query: { limit: 5 } } });
console.log(page.data?.conversations[0]?.title);
const failed = await api.GET("/api/conversations/{conversation_id}", {
  params: { path: { conversation_id: crypto.randomUUID() } },
});
console.log(failed.error?.error.code);

const documentUrl = new URL(document.getElementById("swagger-ui").dataset.url, location.href);

// The document names no server, so that requests would go to the root of this one. They go to
// where the document is, which may be beneath a path that a proxy adds.
async function start() {
  const spec = await (await fetch(documentUrl)).json();
  spec.servers = [{ url: new URL(".", documentUrl).href.replace(/\/$/, "") }];
  return SwaggerUIBundle({
    spec,
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null, // nothing leaves this server
  });
}

const started = start();

// Logs in, and lets every request from this page carry the token; it is kept nowhere else.
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { login, password } = form.elements;
  const name = login.value.includes("@") ? "email" : "username";
  const response = await fetch(new URL("api/auth/login", documentUrl), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ [name]: login.value, password: password.value }),
  });
  const answer = await response.json();
  const told = form.querySelector("output");
  if (response.ok) (await started).preauthorizeApiKey("bearer", answer.access_token);
  told.value = response.ok ? `You are ${answer.user.full_name}.` : answer.error.message;
});

const documentUrl = new URL(document.getElementById("swagger-ui").dataset.url, location.href);

const ui = SwaggerUIBundle({
  url: documentUrl.href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null, // nothing leaves this server
});

// Logs in, and lets every request from this page carry the token; it is kept nowhere else.
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { login, password } = event.target.elements;
  const name = login.value.includes("@") ? "email" : "username";
  const response = await fetch(new URL("api/auth/login", documentUrl), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ [name]: login.value, password: password.value }),
  });
  const answer = await response.json();
  const told = event.target.querySelector("output");
  if (response.ok) ui.preauthorizeApiKey("bearer", answer.access_token);
  told.value = response.ok ? `You are ${answer.user.full_name}.` : answer.error.message;
});

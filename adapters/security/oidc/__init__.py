"""OpenID Connect: the documents, the tokens and the login of another identity provider."""

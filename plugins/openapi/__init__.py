"""Tools from OpenAPI documents: parse (reading), convert (lowering), call (wire), validate."""

"""Where annotation files come from: text, folders, image sizes, names and URIs."""

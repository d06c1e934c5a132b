"""The image, `compose.yaml` and the chart: built, checked and run without a container engine."""

"""Run the notebooks and write their outputs into them: `python tools/run_notebooks.py [NAME…]`.

Pictures are reduced to 256 colours, so that the notebooks stay small; a notebook that fails is left as it is.
"""

import base64
import io
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

HOME = Path(__file__).parents[1] / "notebooks"


def main():
    """Run all notebooks, or those whose names hold one of the words given."""
    words = sys.argv[1:]
    for path in sorted(HOME.glob("*.ipynb")):
        if words and not any(word in path.name for word in words):
            continue
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(HOME.parent)}}).execute()
        for cell in notebook.cells:
            cell.metadata = {}
            for output in cell.get("outputs", ()):
                shrink(output.get("data", {}))
        notebook.metadata = {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def shrink(data):
    """Reduce a picture to 256 colours, in place."""
    if "image/png" in data:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        held = io.BytesIO()
        picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            held, "PNG", optimize=True
        )
        data["image/png"] = base64.b64encode(held.getvalue()).decode()
        data.pop("text/plain", None)


if __name__ == "__main__":
    main()

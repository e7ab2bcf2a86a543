"""QR codes as one SVG path, so that no image and no inline style is needed."""

from dataclasses import dataclass

import qrcode


@dataclass(frozen=True, slots=True)
class QrDrawing:
    """Side of the square in modules, and the path of its dark ones."""

    side: int
    path: str


def qr_drawing(text: str) -> QrDrawing:
    """Return the drawing of a QR code, with the quiet zone around it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    cells = [f"M{column} {row}h1v1h-1z" for row, line in enumerate(matrix) for column, dark in enumerate(line) if dark]
    return QrDrawing(len(matrix), "".join(cells))

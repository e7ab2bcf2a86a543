"""Files behind one of the demo's entries: a drawing, a document and a sound, made here."""

import math
import struct
import zlib
from collections.abc import Sequence
from datetime import timedelta

from django.core.files.base import ContentFile

from catalog.models import Entry
from collection import services
from collection.choices import DatasetKind
from collection.models import Dataset
from collection.policies import DEMO_JOB
from core import clock
from core.actors import system_actor
from core.testing import clock_at

DEMO = system_actor(DEMO_JOB)
ENTRY = "养老机构基本信息"
NAME = "养老机构影像和公示材料"


def _png(width: int, height: int, colours: Sequence[tuple[int, int, int]]) -> bytes:
    """Draw stripes as a PNG (ISO/IEC 15948)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    line = b"".join(bytes(colours[at * len(colours) // width]) for at in range(width))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line for _row in range(height)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _pdf(text: str) -> bytes:
    """Write one line as a PDF."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(out))
    )


def _wav(seconds: int) -> bytes:
    """Write a tone as a WAV file."""
    rate = 8000
    samples = (128 + int(40 * math.sin(2 * math.pi * 440 * at / rate)) for at in range(rate * seconds))
    body = bytes(samples)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8,
                       b"data", len(body))  # fmt: skip
    return head + body


def demo_files_load() -> Dataset:
    """Hook a set of files to an entry, in two versions."""
    entry = Entry.objects.get(current_revision__name=ENTRY)
    dataset = services.dataset_hook(actor=DEMO, ref=entry.pk, name=NAME, kind=DatasetKind.FILES)
    blue, green, amber = (44, 81, 151), (45, 131, 135), (201, 134, 17)
    first = {
        "东湖区第一养老院_平面图.png": _png(640, 360, [blue, green, amber]),
        "收费公示_2026.pdf": _pdf("Fees 2026"),
        "说明.txt": "养老机构影像和公示材料，演示用。\n".encode(),
    }
    second = {
        "东湖区第一养老院_平面图.png": _png(640, 360, [green, blue, amber, blue]),
        "服务热线_录音.wav": _wav(3),
    }
    for days, files in ((9, first), (2, second)):
        with clock_at(clock.now() - timedelta(days=days)):
            sent = [ContentFile(content, name=name) for name, content in files.items()]
            services.files_add(actor=DEMO, dataset_id=dataset.pk, files=sent)
    return dataset

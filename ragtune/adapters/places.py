"""Where things lie in S3, read from the URLs of the settings.

>>> bucket_of("s3://ragtune-dev-state")
'ragtune-dev-state'
"""

from urllib.parse import urlsplit

from ragtune.errors import BadInput


def bucket_of(url: str) -> str:
    """The bucket of s3://bucket. Raises BadInput for any other form."""
    place = urlsplit(url)
    if place.scheme != "s3" or not place.netloc or place.path.strip("/"):
        raise BadInput(f"{url}: is not of the form s3://bucket")
    return place.netloc


def folder_of(url: str) -> tuple[str, str]:
    """Bucket and folder of s3://bucket/folder; the folder may be "". Raises BadInput for any other form."""
    place = urlsplit(url)
    if place.scheme != "s3" or not place.netloc:
        raise BadInput(f"{url}: is not of the form s3://bucket/folder")
    return place.netloc, place.path.strip("/")

"""Replies by e-mail, through whatever EMAIL_URL names."""

from django.core.mail import EmailMessage

from helpdesk.models import Reply


def send(reply: Reply) -> None:
    """Send one reply to the case's customer, threaded by the case's number.

    Raises:
        OSError: the mail server can't be reached or refuses the mail, or an attachment can't be read.
    """
    case = reply.case
    mail = EmailMessage(
        subject=f"Re: {case.subject or 'your message'} [#{case.number}]",
        body=reply.body,
        to=[case.customer.email],
        headers={"X-Case": str(case.number)},
    )
    for attachment in reply.attachments.all():
        with attachment.file.open("rb") as file:
            mail.attach(attachment.name, file.read(), attachment.content_type)
    mail.send()

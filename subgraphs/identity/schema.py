"""Identity's part of the graph."""

from typing import Annotated

import strawberry

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Info
from shared.graph.fields import mutation, query
from shared.graph.schema import Schema
from shared.ids import parse_id
from subgraphs.identity import repository
from subgraphs.identity.models import CodePurpose
from subgraphs.identity.policy import INVITE, READ, WRITE
from subgraphs.identity.service import accounts, log_in, passwords, second_factor, sessions
from subgraphs.identity.types import (
    Account,
    AccountInput,
    AccountSuccess,
    ChangePasswordInput,
    ChangePasswordPayload,
    ChoosePasswordInput,
    ChoosePasswordPayload,
    ChoosePasswordSuccess,
    ConfirmSecondFactorInput,
    ConfirmSecondFactorPayload,
    ConfirmSecondFactorSuccess,
    EndSessionInput,
    EndSessionPayload,
    EndSessionSuccess,
    EnrolSecondFactorPayload,
    EnrolSecondFactorSuccess,
    InviteAccountInput,
    InviteAccountPayload,
    LogInInput,
    LogInPayload,
    LogInSuccess,
    MailInput,
    MailPayload,
    MailSuccess,
    PasswordInput,
    RefreshInput,
    RefreshPayload,
    RemoveRoleInput,
    RemoveRolePayload,
    RemoveRoleSuccess,
    RemoveSecondFactorPayload,
    ResetSecondFactorPayload,
    Role,
    SaveAccountInput,
    SaveAccountPayload,
    SaveRoleInput,
    SaveRolePayload,
    SaveRoleSuccess,
    SecondFactorRequired,
    VerifySecondFactorInput,
    VerifySecondFactorPayload,
)

Search = Annotated[str | None, strawberry.argument(description="A part of the email address.")]
RoleName = Annotated[str | None, strawberry.argument(description="A role that they have.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The key.")]


@strawberry.type
class Query:
    @query(description="The caller's own account.", authenticated=True)
    async def me(self, info: Info) -> Account | None:
        return (await Account.resolve_references(info.context, [info.context.principal.subject]))[0]

    @query(description="An account by its key.", scopes=[[READ]])
    async def account(self, info: Info, id: Id) -> Account | None:
        key = parse_id(id)
        return (await Account.resolve_references(info.context, [key]))[0] if key else None

    @query(description="Accounts, by email address.", scopes=[[READ]])
    async def accounts(
        self,
        info: Info,
        search: Search = None,
        role: RoleName = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Account] | None:
        statement = repository.search_accounts(info.context.principal, search, role)
        return await connect(info.context, statement, repository.ACCOUNTS, Account.of, first, after)

    @query(description="All roles, by name.", scopes=[[READ]])
    async def roles(self, info: Info) -> list[Role] | None:
        async with info.context.read() as session:
            return [Role.of(row) for row in await repository.roles(session)]


@strawberry.type
class Mutation:
    @mutation(description="Begin a patient's own account: a one-time code for `choosePassword` comes by mail.")
    async def register(self, info: Info, input: MailInput) -> MailPayload:
        return MailSuccess(email=await passwords.request_mail(info.context, CodePurpose.REGISTRATION, input.email))

    @mutation(description="Begin again after a forgotten password: a one-time code for `choosePassword` comes by mail.")
    async def request_password_reset(self, info: Info, input: MailInput) -> MailPayload:
        return MailSuccess(email=await passwords.request_mail(info.context, CodePurpose.PASSWORD_RESET, input.email))

    @mutation(description="Set a password by a one-time code of a registration, an invitation or a reset.")
    async def choose_password(self, info: Info, input: ChoosePasswordInput) -> ChoosePasswordPayload:
        return ChoosePasswordSuccess(email=await passwords.choose_password(info.context, input))

    @mutation(description="Log in.")
    async def log_in(self, info: Info, input: LogInInput) -> LogInPayload:
        result = await log_in.log_in(info.context, input)
        if isinstance(result, log_in.Challenge):
            return SecondFactorRequired(challenge=result.secret)
        return _success(result)

    @mutation(description="The second step of a log-in, where the account has a second factor.")
    async def verify_second_factor(self, info: Info, input: VerifySecondFactorInput) -> VerifySecondFactorPayload:
        return _success(await log_in.verify_second_factor(info.context, input))

    @mutation(
        description="New tokens for a refresh token, which is then used: the same client may repeat that within 30 s and "
        "gets the same; any other use ends the session."
    )
    async def refresh(self, info: Info, input: RefreshInput) -> RefreshPayload:
        return _success(await sessions.refresh(info.context, input))

    @mutation(description="End this session.", authenticated=True)
    async def log_out(self, info: Info) -> EndSessionSuccess | None:
        return EndSessionSuccess(id=strawberry.ID(str(await sessions.log_out(info.context))))

    @mutation(description="End a session of one's own; administrators end anybody's.", authenticated=True)
    async def end_session(self, info: Info, input: EndSessionInput) -> EndSessionPayload | None:
        return EndSessionSuccess(id=strawberry.ID(str(await sessions.end_session(info.context, input))))

    @mutation(description="Change one's password; all other sessions end.", authenticated=True)
    async def change_password(self, info: Info, input: ChangePasswordInput) -> ChangePasswordPayload | None:
        return AccountSuccess(account=Account.of(await passwords.change_password(info.context, input)))

    @mutation(description="Begin a second factor (TOTP) for one's account.", authenticated=True)
    async def enrol_second_factor(self, info: Info, input: PasswordInput) -> EnrolSecondFactorPayload | None:
        secret, uri = await second_factor.enrol(info.context, input)
        return EnrolSecondFactorSuccess(secret=secret, uri=uri)

    @mutation(description="Show that the second factor works; from then on it is asked for.", authenticated=True)
    async def confirm_second_factor(
        self, info: Info, input: ConfirmSecondFactorInput
    ) -> ConfirmSecondFactorPayload | None:
        account, codes = await second_factor.confirm(info.context, input)
        return ConfirmSecondFactorSuccess(recovery_codes=codes, account=Account.of(account))

    @mutation(description="Remove one's second factor.", authenticated=True)
    async def remove_second_factor(self, info: Info, input: PasswordInput) -> RemoveSecondFactorPayload | None:
        return AccountSuccess(account=Account.of(await second_factor.remove(info.context, input)))

    @mutation(description="Remove the second factor of someone who has lost it.", scopes=[[WRITE]])
    async def reset_second_factor(self, info: Info, input: AccountInput) -> ResetSecondFactorPayload | None:
        return AccountSuccess(account=Account.of(await second_factor.reset(info.context, input)))

    @mutation(
        description="Invite a member of staff, or, which `account:invite` is enough for, a patient to an own account.",
        scopes=[[WRITE], [INVITE]],
    )
    async def invite_account(self, info: Info, input: InviteAccountInput) -> InviteAccountPayload | None:
        return AccountSuccess(account=Account.of(await accounts.invite(info.context, input)))

    @mutation(
        description="Change an account's roles and practitioner, close or open it. It acts at once.", scopes=[[WRITE]]
    )
    async def save_account(self, info: Info, input: SaveAccountInput) -> SaveAccountPayload | None:
        return AccountSuccess(account=Account.of(await accounts.save(info.context, input)))

    @mutation(description="Define a role, or change the scopes of one. It acts at once.", scopes=[[WRITE]])
    async def save_role(self, info: Info, input: SaveRoleInput) -> SaveRolePayload | None:
        return SaveRoleSuccess(role=Role.of(await accounts.save_role(info.context, input)))

    @mutation(description="Remove a role, or let a changed one be as it comes with CareGraph.", scopes=[[WRITE]])
    async def remove_role(self, info: Info, input: RemoveRoleInput) -> RemoveRolePayload | None:
        return RemoveRoleSuccess(name=await accounts.remove_role(info.context, input))


def _success(grant: sessions.Grant) -> LogInSuccess:
    return LogInSuccess(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_at=grant.expires_at,
        account=Account.of(grant.account),
    )


schema = Schema(query=Query, mutation=Mutation)

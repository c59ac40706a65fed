"""Users, what they may do, their logins, and the credentials of their accounts."""

from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import INSTANCE_ID, VERSION_COLUMN, at, optional
from schema.tables.control import CREATED_AT, PRIVATE, STATUS, record
from schema.terms import KycStatus, LoginMethod, LoginOutcome, UserStatus
from schema.types import ADDRESS, BOOL, INT, JSON, TEXT, TIMESTAMP, UUID, enum, label, text

LAYER = "7 security"
_EMPTY = "{}"


def _secret(name: str, length: int, description: str, *, nullable: bool = True) -> Column:
    return Column(name, text(length), description, nullable=nullable, secret=True)


def _guarded_time(name: str, description: str) -> Column:
    return Column(name, TIMESTAMP, description, nullable=True, guarded=True)


USERS = record(
    "users",
    "Who may log in.",
    (
        Column("id", UUID, "The user.", fill="id"),
        Column("email", text(255), "Address to write to."),
        Column("username", text(100), "Name to log in with."),
        _secret("password_hash", 255, "Hash of the password.", nullable=False),
        optional("first_name", text(100), "First name."),
        optional("last_name", text(100), "Last name."),
        Column("role", label(50), "Name of a role of user_role.", default="user", guarded=True),
        Column(
            "status",
            enum(UserStatus),
            "Whether the user may log in.",
            default="active",
            guarded=True,
        ),
        Column(
            "email_verified", BOOL, "Whether the address is theirs.", default=False, guarded=True
        ),
        Column("two_factor_enabled", BOOL, "Whether a code is asked for.", default=False),
        # The seed's 32 characters hold the secret itself; encrypted it is longer.
        _secret("two_factor_secret", 255, "Secret of the codes, encrypted."),
        _secret("api_key_hash", 255, "Hash of the key of programs."),
        Column("preferences", JSON, "What else the user chose.", default=_EMPTY),
        at("last_login", "When the user last logged in.", nullable=True),
        Column("kyc_status", enum(KycStatus), "Identity check.", default="none", guarded=True),
        _guarded_time("kyc_checked_at", "When identity was checked."),
        optional("country", label(2), "Country of residence, ISO 3166-1."),
        Column(
            "failed_logins", INT, "Failed logins since the last good one.", default=0, guarded=True
        ),
        _guarded_time("locked_until", "Until when no login is let in."),
    ),
    key="id",
    layer=LAYER,
    stores=PRIVATE,
    retention="permanent, soft delete",
    unique=(("email",), ("username",)),
    checks=(Check("failed_logins_not_negative", "failed_logins >= 0"),),
    indices=(
        Index(("role",)),
        Index(("status",)),
        Index(("created_at",)),
        Index(("deleted_at",), where="deleted_at IS NOT NULL"),
        Index(("preferences",), words=True),
    ),
    owner=Owner("id"),
    users_write=True,
)

USER_ROLE = record(
    "user_role",
    "Roles, and what each may do.",
    (
        Column("role_id", UUID, "The role.", fill="id"),
        Column("name", label(50), "Its name, as in users.role."),
        Column("description", TEXT, "What it is for.", default=""),
        Column("permissions", JSON, "Names of what it may do, as a list.", default="[]"),
        Column("is_builtin", BOOL, "Whether it came with the system.", default=False),
    ),
    key="role_id",
    for_users=True,
    layer=LAYER,
    stores=PRIVATE,
    unique=(("name",),),
)

USER_PERMISSION = record(
    "user_permission",
    "What one user may do beyond, or may not do despite, their role.",
    (
        Column("permission_id", UUID, "The permission.", fill="id"),
        Column("user_id", UUID, "The user."),
        Column("permission", label(100), "What it permits."),
        Column("resource_type", label(50), "Kind of what it is about; empty: all.", default=""),
        Column("resource_id", text(100), "What it is about; empty: all of the kind.", default=""),
        Column("granted", BOOL, "Whether it permits or forbids.", default=True),
        optional("granted_by", UUID, "User who gave it."),
        at("expires_at", "When it ends.", nullable=True),
    ),
    key="permission_id",
    layer=LAYER,
    stores=PRIVATE,
    unique=(("user_id", "permission", "resource_type", "resource_id"),),
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("granted_by",), "users", "set null"),
    ),
    owner=Owner("user_id"),
    note="A user reads their own and changes none.",
)

LOGIN_AUDIT = Table(
    name="login_audit",
    layer=LAYER,
    purpose="Every attempt to log in.",
    columns=(
        Column("login_id", UUID, "The attempt.", fill="id"),
        optional("user_id", UUID, "The user, if there is one of that name."),
        Column("username", text(255), "Name or address that was given.", default=""),
        Column("method", enum(LoginMethod), "How it was tried.", default="password"),
        Column("outcome", enum(LoginOutcome), "What came of it."),
        optional("ip_address", ADDRESS, "Where it came from."),
        optional("user_agent", TEXT, "Program that asked."),
        optional("device_fingerprint", text(255), "Hash of the device."),
        optional("session_id", UUID, "The session that it began."),
        CREATED_AT,
        VERSION_COLUMN,
    ),
    key=("login_id",),
    order_by=("created_at", "login_id"),
    time="created_at",
    stores=PRIVATE,
    kind="history",
    retention="3 to 7 years",
    indices=(Index(("user_id", "created_at"), newest_first=True), Index(("created_at",))),
    owner=Owner("user_id"),
    append_only=True,
)

CREDENTIALS = record(
    "credentials",
    "Logins of terminals at brokers, encrypted by the program before they get here.",
    (
        Column("credential_id", UUID, "The credential.", fill="id"),
        INSTANCE_ID,
        Column("account_id", UUID, "The account it opens."),
        Column("broker_id", UUID, "The broker it is for."),
        _secret("login_number", 255, "Login, encrypted.", nullable=False),
        _secret("password", 1024, "Password, encrypted.", nullable=False),
        Column("encryption_key_id", UUID, "Key it is encrypted with."),
        Column("backup_enabled", BOOL, "Whether PostgreSQL may hold a copy.", default=False),
        STATUS,
        # Equal logins have equal digests, so that one is found without decrypting all.
        _secret("login_digest", 64, "Keyed digest of the login.", nullable=True),
        at("rotated_at", "When it was last encrypted anew.", nullable=True),
    ),
    key="credential_id",
    layer="2 instance state",
    stores=PRIVATE,
    retention=(
        "encrypted in both; postgres only as opt-in backup; until the user removes the account"
        " or disables backup; never redis, never clickhouse"
    ),
    references=(
        Reference(("instance_id",), "instances", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("broker_id",), "brokers"),
    ),
    indices=(Index(("login_number",)), Index(("login_digest",))),
    owner=Owner("account_id", of="account"),
    users_write=True,
)

TABLES = (USERS, USER_ROLE, USER_PERMISSION, LOGIN_AUDIT, CREDENTIALS)

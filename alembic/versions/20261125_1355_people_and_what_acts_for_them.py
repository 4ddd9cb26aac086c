"""people, whose key it is, and what carried a person's act"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'people'
down_revision = 'spread_of_the_past'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('people',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('oidc_subject', sa.Text(), nullable=True),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('active', sa.Boolean(), server_default='true', nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
    sa.UniqueConstraint('oidc_subject', name=op.f('uq_people_oidc_subject'))
    )
    op.add_column('api_keys', sa.Column('person_id', sa.Uuid(), nullable=True))
    # Nobody has a person yet, so that there is nothing to look through under the lock.
    op.create_foreign_key(
        op.f('fk_api_keys_person_id'), 'api_keys', 'people', ['person_id'], ['id'], postgresql_not_valid=True
    )
    op.add_column('events', sa.Column('via', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('events', 'via')
    # Without its person a person's key would be a machine's, and no longer bound to what the person may do.
    op.execute("update api_keys set revoked_at = now() where person_id is not null and revoked_at is null")
    op.drop_constraint(op.f('fk_api_keys_person_id'), 'api_keys', type_='foreignkey')
    op.drop_column('api_keys', 'person_id')
    op.drop_table('people')

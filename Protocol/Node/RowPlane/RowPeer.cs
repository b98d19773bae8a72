using Akka.Actor;

namespace DistEmbed.Protocol.Node.RowPlane;

/// <summary>
/// Stands for an actor at the other end of the row plane: what is told to it is handed on, without a mailbox between. Nothing watches it: membership says who is gone.
/// </summary>
/// <param name="system">The actors' system.</param>
/// <param name="name">Its name, unique in the process.</param>
/// <param name="send">Hands a message on; must not block.</param>
public sealed class RowPeer(ActorSystem system, string name, Action<object> send) : MinimalActorRef
{
    /// <inheritdoc/>
    public override ActorPath Path { get; } = ((ExtendedActorSystem)system).Provider.RootPath / "rows" / name;

    /// <inheritdoc/>
    public override IActorRefProvider Provider { get; } = ((ExtendedActorSystem)system).Provider;

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => send(message);
}

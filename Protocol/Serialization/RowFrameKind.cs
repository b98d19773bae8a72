namespace DistEmbed.Protocol.Serialization;

/// <summary>What a frame of the row plane carries. The numbers are on the wire.</summary>
public enum RowFrameKind : byte
{
    /// <summary><see cref="RowHello"/>.</summary>
    Hello = 1,

    /// <summary><see cref="RowWelcome"/>.</summary>
    Welcome = 2,

    /// <summary><see cref="RowRefused"/>.</summary>
    Refused = 3,

    /// <summary><see cref="Messages.PullRows"/>.</summary>
    PullRows = 4,

    /// <summary><see cref="Messages.RowsPulled"/>.</summary>
    RowsPulled = 5,

    /// <summary><see cref="Messages.PullRefused"/>.</summary>
    PullRefused = 6,

    /// <summary><see cref="Messages.PushRows"/>.</summary>
    PushRows = 7,

    /// <summary><see cref="Messages.PushAcknowledged"/>.</summary>
    PushAcknowledged = 8,

    /// <summary><see cref="Messages.PushRefused"/>.</summary>
    PushRefused = 9,
}

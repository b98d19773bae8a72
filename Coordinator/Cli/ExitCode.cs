namespace DistEmbed.Coordinator.Cli;

/// <summary>Exit codes of every command.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The user's input cannot be used; nothing was started.</summary>
    public const int BadInput = 2;

    /// <summary>It failed on the way; the last committed checkpoint is whole.</summary>
    public const int Failed = 3;

    /// <summary>It was told to stop and committed a checkpoint.</summary>
    public const int Interrupted = 4;
}

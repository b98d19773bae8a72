namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>A file that stays where it is until this is disposed.</summary>
/// <param name="path">The file.</param>
/// <param name="release">Called once, when it is no longer needed; null: nothing is to be done.</param>
public sealed class ArtifactLease(string path, Action? release = null) : IDisposable
{
    private Action? _release = release;

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

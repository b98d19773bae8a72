using System.Collections.Concurrent;
using DistEmbed.Protocol.Artifacts;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Which files nodes may fetch, each under its SHA-256, and from where. Thread-safe.</summary>
public sealed class ArtifactShelf
{
    private readonly ConcurrentDictionary<string, ServedFile> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Path, long Length, DateTime Written), Lazy<string>> _names = new();

    /// <summary>Serves a file. The same file, unchanged, is read once however often it is added.</summary>
    /// <returns>Its name.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string Add(string path)
    {
        var file = new FileInfo(path);
        string name = _names.GetOrAdd((file.FullName, file.Length, file.LastWriteTimeUtc), key => new Lazy<string>(() => ArtifactName.OfFile(key.Path))).Value;
        Add(name, file.FullName, file.Length);
        return name;
    }

    /// <summary>Serves a file whose name and length are known, such as a manifest's; whoever fetches it checks both.</summary>
    public void Add(string name, string path, long length)
    {
        if (!ArtifactName.IsWellFormed(name))
            throw new ArgumentException($"'{name}' is no SHA-256", nameof(name));
        _files[name] = new ServedFile(Path.GetFullPath(path), length);
    }

    /// <summary>Serves a file no longer. Whoever is at it gets all of it.</summary>
    public void Remove(string name) => _files.TryRemove(name, out _);

    /// <summary>The file of a name; null: none is served.</summary>
    public ServedFile? Find(string name) => _files.GetValueOrDefault(name);
}

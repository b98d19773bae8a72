using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The files of a user's model, read without running any of them: the assembly, and those beside it that it needs and that do not come with this program. Their hash tells one build
/// from another.
/// </summary>
public sealed class ModelAssembly
{
    private static readonly string[] s_ofThisProgram = ["distembed", "distembed-worker", "distembed-ps", "DistEmbed.Protocol", "DistEmbed.Node", "TorchSharp"];

    private ModelAssembly(string path, IReadOnlyDictionary<string, byte[]> files, Image own)
    {
        (Path, Files, Name, References) = (path, files, own.Name, own.References);
        var text = new StringBuilder();
        foreach ((string name, byte[] content) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
            text.Append(Convert.ToHexStringLower(SHA256.HashData(content))).Append("  ").Append(name).Append('\n');
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Path of the assembly.</summary>
    public string Path { get; }

    /// <summary>Simple name of the assembly.</summary>
    public string Name { get; }

    /// <summary>Content of the files by the simple name of each assembly.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    /// <summary>What the assembly itself refers to.</summary>
    public IReadOnlyList<AssemblyName> References { get; }

    /// <summary>SHA-256 over the files' hashes and names, as <c>sha256sum</c> lists them; in lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary>Whether an assembly is this program's own, so that a model shares it.</summary>
    public static bool IsShared(string simpleName) => s_ofThisProgram.Contains(simpleName, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the files.</summary>
    /// <exception cref="BadImageFormatException">The file is no .NET assembly.</exception>
    /// <exception cref="IOException">A file is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static ModelAssembly Read(string path)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase);
        return new ModelAssembly(path, files, Add(path, files));
    }

    /// <summary>The hash of the files; null where they cannot be read, or are no assemblies: whoever loads them says so.</summary>
    public static string? HashOf(string path)
    {
        try
        {
            return Read(path).Sha256;
        }
        catch (Exception unreadable) when (unreadable is BadImageFormatException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    private static Image Add(string path, Dictionary<string, byte[]> files)
    {
        byte[] content = File.ReadAllBytes(path);
        using var image = new PEReader(new MemoryStream(content, writable: false));
        if (!image.HasMetadata)
            throw new BadImageFormatException("It has no .NET metadata.");
        MetadataReader metadata = image.GetMetadataReader();
        if (!metadata.IsAssembly)
            throw new BadImageFormatException("It is a module, not an assembly.");
        AssemblyName[] references = [.. metadata.AssemblyReferences.Select(handle => metadata.GetAssemblyReference(handle).GetAssemblyName())];
        var found = new Image(metadata.GetString(metadata.GetAssemblyDefinition().Name), references);
        files[found.Name] = content;
        foreach (string name in references.Select(reference => reference.Name!).Where(name => !IsShared(name) && !files.ContainsKey(name)))
        {
            string beside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, name + ".dll");
            if (File.Exists(beside))
                Add(beside, files);
        }

        return found;
    }

    private sealed record Image(string Name, IReadOnlyList<AssemblyName> References);
}

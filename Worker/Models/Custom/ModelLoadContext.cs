using System.Reflection;
using System.Runtime.Loader;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Models.Custom;

/// <summary>
/// Where a user's assembly and what it needs live: this program's assemblies and Torch are shared with it, so that its model is one; whatever lies beside it is its own, in its own
/// version. What is loaded is what was hashed.
/// </summary>
internal sealed class ModelLoadContext(ModelAssembly assembly) : AssemblyLoadContext(assembly.Path)
{
    private readonly AssemblyDependencyResolver _resolver = new(assembly.Path);

    /// <summary>Loads the assembly itself.</summary>
    public Assembly LoadModel() => Of(assembly.Files[assembly.Name]);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string name = assemblyName.Name!;
        if (ModelAssembly.IsShared(name))
            return null;
        if (assembly.Files.TryGetValue(name, out byte[]? content))
            return Of(content);
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path && !IsOfHost(assemblyName) ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private Assembly Of(byte[] content) => LoadFromStream(new MemoryStream(content, writable: false));

    private static bool IsOfHost(AssemblyName name)
    {
        try
        {
            Default.LoadFromAssemblyName(name);
            return true;
        }
        catch (IOException) // not found, or another version
        {
            return false;
        }
    }
}

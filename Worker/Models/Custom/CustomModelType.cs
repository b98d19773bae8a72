using System.Collections.Concurrent;
using System.Reflection;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Worker.Models.Custom;

/// <summary>The class of a user's model, loaded. Each build is loaded once a process.</summary>
internal sealed class CustomModelType
{
    private const string OfAssembly = "model.assembly";
    private const string OfType = "model.type";

    private static readonly ConcurrentDictionary<(string Path, string Sha256), Lazy<Assembly>> s_loaded = new();

    private CustomModelType(ConstructorInfo constructor) => Constructor = constructor;

    /// <summary>Its constructor.</summary>
    public ConstructorInfo Constructor { get; }

    /// <summary>Finds the class that a specification names.</summary>
    /// <param name="spec">The specification.</param>
    /// <param name="path">Path of the assembly.</param>
    /// <exception cref="InvalidInputException">The file, the class or its constructor cannot be used.</exception>
    public static CustomModelType Find(CustomModelSpec spec, string path)
    {
        ModelAssembly files = Read(path);
        if (spec.Sha256 is { } expected && expected != files.Sha256)
        {
            throw new InvalidInputException(OfAssembly, $"{path} is another build than the job is about: its SHA-256 is {files.Sha256}, and model.sha256 is {expected}.",
                "Put the build of then there to go on with the run; for a new run take a new run directory.");
        }

        RequireVersion(files);
        try
        {
            return new CustomModelType(ConstructorOf(TypeOf(Load(files), spec, path)));
        }
        catch (Exception unloadable) when (unloadable is TypeLoadException or IOException or BadImageFormatException or MissingMemberException)
        {
            throw new InvalidInputException(
                new InputError(OfType, $"{spec.Type} in {path} cannot be loaded: {OneLine(unloadable.Message)}", "Build it again against this release, with what it needs beside it (EnableDynamicLoading)."), unloadable);
        }
    }

    /// <summary>A message without line breaks.</summary>
    public static string OneLine(string message) => string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static ModelAssembly Read(string path)
    {
        try
        {
            return ModelAssembly.Read(path);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidInputException(new InputError(OfAssembly, $"There is no file {path}.", "Build it, and check the path: a relative one starts from data.root, by default the folder of the job file."), missing);
        }
        catch (BadImageFormatException other)
        {
            throw new InvalidInputException(new InputError(OfAssembly, $"{path} is no .NET assembly.", "Give the .dll that the build of your project writes."), other);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(OfAssembly, $"{path} cannot be read: {OneLine(unreadable.Message)}", "Give the path of a .dll that this user may read."), unreadable);
        }
    }

    private static void RequireVersion(ModelAssembly files)
    {
        AssemblyName own = typeof(IEmbeddingModel).Assembly.GetName();
        if (files.References.FirstOrDefault(reference => reference.Name == own.Name) is not { Version: { } built })
            throw new InvalidInputException(OfAssembly, $"{files.Path} does not refer to {own.Name}, so that no class of it is a model.", "Reference DistEmbed.Worker in its project, and implement IEmbeddingModel.");
        if ((built.Major, built.Minor) != (own.Version!.Major, own.Version.Minor))
            throw new InvalidInputException(OfAssembly, $"{files.Path} is built against {own.Name} {built.ToString(3)}, and this is {own.Version.ToString(3)}.", "Build it again against this release.");
    }

    private static Assembly Load(ModelAssembly files) =>
        s_loaded.GetOrAdd((files.Path, files.Sha256), _ => new Lazy<Assembly>(() => new ModelLoadContext(files).LoadModel())).Value;

    private static Type TypeOf(Assembly assembly, CustomModelSpec spec, string path)
    {
        if (assembly.GetType(spec.Type) is not { } type)
        {
            string[] models = [.. assembly.GetExportedTypes().Where(IsModel).Select(t => t.FullName!).Order(StringComparer.Ordinal)];
            throw new InvalidInputException(OfType, $"there is no class {spec.Type} in {path}.", Spelling.Advice(spec.Type, models, "models in it"));
        }

        if (!typeof(IEmbeddingModel).IsAssignableFrom(type))
            throw new InvalidInputException(OfType, $"{spec.Type} does not implement IEmbeddingModel.", $"Implement {typeof(IEmbeddingModel).FullName}.");
        if (!IsModel(type))
            throw new InvalidInputException(OfType, $"{spec.Type} is abstract, generic or not public.", "Name a public class of which there can be an instance.");
        return type;
    }

    private static bool IsModel(Type type) => typeof(IEmbeddingModel).IsAssignableFrom(type) && type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && (type.IsPublic || type.IsNestedPublic);

    private static ConstructorInfo ConstructorOf(Type type)
    {
        ConstructorInfo[] fit = [.. type.GetConstructors().Where(Fits)];
        return fit is [{ } only] ? only : throw new InvalidInputException(
            OfType, $"{type.FullName} has {fit.Length} public constructors that can be called.", $"Give it one: {type.Name}(ModelShape shape), or {type.Name}(MySettings settings, ModelShape shape).");
    }

    private static bool Fits(ConstructorInfo constructor) =>
        constructor.GetParameters().Select(parameter => parameter.ParameterType).ToArray() is [.. { Length: <= 1 } settings, { } shape]
        && shape == typeof(ModelShape) && settings.All(type => type.IsClass && type != typeof(string));
}

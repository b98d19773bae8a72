using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DistEmbed.Coordinator.Cli;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Tests.Architecture;

/// <summary>The rules of ARCHITECTURE.md, each checked on the built assemblies or on the sources. A failure names the offenders.</summary>
public sealed class ArchitectureTests
{
    private static readonly Assembly s_coordinator = typeof(CommandLine).Assembly;
    private static readonly Assembly s_parameterServer = typeof(ShardStore).Assembly;
    private static readonly Assembly s_worker = typeof(IEmbeddingModel).Assembly;
    private static readonly Assembly s_protocol = typeof(PullRows).Assembly;

    /// <summary>What each project may reference of the others.</summary>
    private static readonly Dictionary<string, string[]> s_mayReference = new()
    {
        ["Protocol"] = [],
        ["ParameterServer"] = ["Protocol", "Node"],
        ["Worker"] = ["Protocol", "Node"],
        ["Coordinator"] = ["Protocol", "Node", "ParameterServer", "Worker"],
    };

    /// <summary>Where actors live and where they are wired together. Everything else is plain classes.</summary>
    private static readonly string[] s_akkaFolders =
    [
        "Coordinator/Actors/", "Coordinator/Local/", "Coordinator/Hosting/", "ParameterServer/Actors/", "ParameterServer/Hosting/", "ParameterServer/Rows/",
        "Protocol/Node/", "Worker/Actors/", "Worker/Hosting/", "Worker/Rows/",
    ];

    /// <summary>Protocol state machines: they get the time with each message and return what is to be done.</summary>
    private static readonly string[] s_pureCores =
    [
        "Coordinator/Run/", "ParameterServer/Optimizers/", "ParameterServer/Storage/", "Protocol/Sharding/", "Worker/Exchange/", "Worker/Training/SlicePipeline.cs",
        "Worker/Training/SliceTask.cs",
    ];

    /// <summary>Files over the limit, each with what would be lost by cutting it.</summary>
    private static readonly Dictionary<string, string> s_longFiles = new()
    {
        ["Worker/Training/SlicePipeline.cs"] = "one state machine: the way of a slice through a worker reads from top to bottom",
        ["Coordinator/Run/RunState.cs"] = "one state machine: what is due at the end of a step is decided in one place",
        ["tests/Cluster.Tests/Simulation/RunSimulator.cs"] = "one scheduler: whatever can happen to a run is drawn in one place",
    };

    private const int LongestFile = 400;

    [Fact]
    public void Project_references_point_one_way()
    {
        var offenders = new List<string>();
        foreach ((string project, string[] allowed) in s_mayReference)
        {
            foreach (XElement reference in Repository.Xml($"{project}/DistEmbed.{project}.csproj").Descendants("ProjectReference"))
            {
                string target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')).Replace("DistEmbed.", "");
                if (!allowed.Contains(target))
                    offenders.Add($"{project} -> {target}");
            }
        }

        None(offenders, "project references against Coordinator -> {Worker, ParameterServer} -> Protocol");
    }

    [Fact]
    public void Assemblies_use_each_other_one_way()
    {
        Dictionary<string, Assembly> assemblies = new()
        {
            ["Protocol"] = s_protocol,
            ["ParameterServer"] = s_parameterServer,
            ["Worker"] = s_worker,
            ["Coordinator"] = s_coordinator,
        };
        IEnumerable<string> offenders =
            from pair in s_mayReference
            from reference in assemblies[pair.Key].GetReferencedAssemblies()
            from other in assemblies
            where other.Value.GetName().Name == reference.Name && !pair.Value.Contains(other.Key)
            select $"{pair.Key} -> {other.Key}";
        None(offenders, "assembly references against Coordinator -> {Worker, ParameterServer} -> Protocol");
    }

    [Fact]
    public void Torch_stays_in_the_worker()
    {
        IEnumerable<string> offenders =
            from assembly in new[] { s_protocol, s_parameterServer, s_coordinator }
            where assembly.GetReferencedAssemblies().Any(IsTorch)
            select assembly.GetName().Name!;
        IEnumerable<string> projects =
            from file in Repository.Files(".csproj")
            where file != "Worker/DistEmbed.Worker.csproj"
            from package in Repository.Xml(file).Descendants("PackageReference")
            where package.Attribute("Include")!.Value.Contains("torch", StringComparison.OrdinalIgnoreCase)
            select file;
        None([.. offenders, .. projects], "uses of Torch outside Worker");
    }

    [Fact]
    public void Tensors_never_leave_the_worker()
    {
        const BindingFlags Visible = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<string> offenders =
            from type in s_worker.GetExportedTypes()
            from member in type.GetMembers(Visible)
            where TypesOf(member).SelectMany(Parts).Any(part => IsTorch(part.Assembly.GetName()))
            select $"{type.Name}.{member.Name}";
        None(offenders, "public members of Worker with a Torch type in their signature");

        static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
        {
            MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(p => p.ParameterType)],
            ConstructorInfo constructor => constructor.GetParameters().Select(p => p.ParameterType),
            PropertyInfo property => [property.PropertyType],
            FieldInfo field => [field.FieldType],
            _ => [],
        };

        static IEnumerable<Type> Parts(Type type) =>
            type.HasElementType ? Parts(type.GetElementType()!) : [type, .. type.GetGenericArguments().SelectMany(Parts)];
    }

    [Fact]
    public void Akka_stays_in_the_actors_and_where_they_are_wired()
    {
        IEnumerable<string> offenders = ProductSources()
            .Where(file => !s_akkaFolders.Any(folder => file.StartsWith(folder, StringComparison.Ordinal)))
            .Where(file => Regex.IsMatch(Repository.Code(file), @"(?<![\w.])Akka\."));
        None(offenders, $"uses of Akka outside {string.Join(", ", s_akkaFolders)}");
    }

    [Fact]
    public void Pure_cores_know_no_clock_thread_or_socket()
    {
        var impure = new Regex(@"\b(Stopwatch|TimeProvider|DateTime(Offset)?\.(Utc)?Now|Environment\.TickCount(64)?|Task\.(Run|Delay)|Thread|Timer|System\.Net)\b");
        IEnumerable<string> offenders =
            from file in ProductSources()
            where s_pureCores.Any(core => file.StartsWith(core, StringComparison.Ordinal))
            from Match match in impure.Matches(Repository.Code(file))
            select $"{file}: {match.Value}";
        None(offenders, "clocks, threads and sockets in pure cores");
        Assert.All(s_pureCores, core => Assert.Contains(ProductSources(), file => file.StartsWith(core, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_coordinator_names_worker_and_parameter_server_only_where_it_wires_them()
    {
        string folders = string.Join('|', new[] { "Worker", "ParameterServer" }.SelectMany(NamespacesOf).Distinct());
        var foreign = new Regex($@"(?<![\w.])(DistEmbed\.)?(Worker|ParameterServer)\.({folders})\b");
        IEnumerable<string> offenders =
            from file in Repository.Files(".cs", "Coordinator")
            where !file.StartsWith("Coordinator/Local/", StringComparison.Ordinal) && !file.StartsWith("Coordinator/Cli/", StringComparison.Ordinal)
            from Match match in foreign.Matches(Repository.Code(file))
            select $"{file}: {match.Value}";
        None(offenders, "names of Worker or ParameterServer in Coordinator outside Local/ and Cli/");

        static IEnumerable<string> NamespacesOf(string project) =>
            Repository.Files(".cs", project).Where(file => file.Count(c => c == '/') > 1).Select(file => file.Split('/')[1]);
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        IEnumerable<string> offenders =
            from file in ProductSources()
            where !file.StartsWith("Worker/Native/", StringComparison.Ordinal) // a build task, which MSBuild compiles
            let declared = Regex.Match(Repository.Code(file), @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value
            let expected = "DistEmbed." + Path.GetDirectoryName(file)!.Replace('\\', '/').Replace('/', '.')
            where declared != expected && !(file.EndsWith("/Program.cs", StringComparison.Ordinal) && declared.Length == 0)
            select $"{file}: {declared}, expected {expected}";
        None(offenders, "namespaces that differ from their folder");
    }

    [Fact]
    public void Files_are_named_for_what_they_hold()
    {
        IEnumerable<string> offenders = Repository.Files(".cs")
            .Where(file => Regex.IsMatch(Path.GetFileNameWithoutExtension(file), "(Manager|Helpers?|Utils?|Utilit(y|ies)|Common)$", RegexOptions.IgnoreCase));
        None(offenders, "files named Manager, Helper, Util or Common");
    }

    [Fact]
    public void Long_files_have_a_reason()
    {
        string[] actual = [.. Repository.Files(".cs").Where(file => Repository.Text(file).AsSpan().TrimEnd('\n').Count('\n') + 1 > LongestFile)];
        None(actual.Except(s_longFiles.Keys), $"files over {LongestFile} lines that are not listed with a reason");
        None(s_longFiles.Keys.Except(actual), $"files listed as longer than {LongestFile} lines that no longer are");
    }

    [Fact]
    public void The_root_has_the_folders_of_the_house()
    {
        string[] expected = ["Coordinator", "ParameterServer", "Protocol", "Worker", "deploy", "tests"];
        None(Repository.RootFolders.Except(expected), "folders in the root that do not belong there");
        None(expected.Except(Repository.RootFolders), "folders missing in the root");
    }

    [Fact]
    public void Every_package_version_is_central()
    {
        string[] central = [.. Repository.Xml("Directory.Packages.props").Descendants("PackageVersion").Select(p => p.Attribute("Include")!.Value)];
        IEnumerable<string> offenders =
            from file in Repository.Files(".csproj").Concat(Repository.Files(".targets")).Append("Directory.Build.props")
            from package in Repository.Xml(file).Descendants("PackageReference")
            let name = (package.Attribute("Include") ?? package.Attribute("Update"))!.Value
            let versions = package.Attributes().Select(a => a.Name.LocalName).Concat(package.Elements().Select(e => e.Name.LocalName))
            where !central.Contains(name) || versions.Any(v => v is "Version" or "VersionOverride")
            select $"{file}: {name}";
        None(offenders, "package versions outside Directory.Packages.props");
    }

    [Fact]
    public void Messages_are_immutable_shapes()
    {
        IEnumerable<string> offenders = s_protocol.GetExportedTypes()
            .Where(type => type.Namespace == typeof(PullRows).Namespace)
            .Where(type => !type.IsEnum && !IsStatic(type) && !(IsRecord(type) && (type.IsSealed || type.IsValueType)))
            .Select(type => type.Name);
        None(offenders, "public types of Protocol/Messages that are no sealed record, record struct or enum");
        IEnumerable<string> settable =
            from type in s_protocol.GetExportedTypes()
            where type.Namespace == typeof(PullRows).Namespace
            from property in type.GetProperties()
            where property.SetMethod is { } set && !set.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit")
            select $"{type.Name}.{property.Name}";
        None(settable, "message properties that can change after the message is sent");

        static bool IsStatic(Type type) => type.IsAbstract && type.IsSealed; // constants that messages keep to
        static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null);
    }

    private static bool IsTorch(AssemblyName name) => name.Name!.StartsWith("TorchSharp", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> ProductSources() => s_mayReference.Keys.SelectMany(project => Repository.Files(".cs", project));

    private static void None(IEnumerable<string> offenders, string what)
    {
        string[] found = [.. offenders.Distinct()];
        Assert.True(found.Length == 0, $"{found.Length} {what}:\n  {string.Join("\n  ", found)}");
    }
}

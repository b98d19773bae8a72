using Grpc.Core;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>How a coordinator that is not the active one refuses, so that programs can tell it from other refusals.</summary>
public static class StandsByTrailer
{
    /// <summary>Name of the trailer.</summary>
    public const string Name = "distembed-stands-by";

    /// <summary>The status with its trailer.</summary>
    public static RpcException Refusal(string message) => new(new Status(StatusCode.FailedPrecondition, message), new Metadata { { Name, "true" } });

    /// <summary>Whether a call was refused because the coordinator is not the active one.</summary>
    public static bool IsIn(RpcException refusal) => refusal.Trailers.GetValue(Name) is not null;
}
